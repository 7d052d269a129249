"""A job whose effects can be counted, and that can be halted in the middle by a file `halt` in AIMS_HOME."""

import datetime as dt
import time

from django.apps import AppConfig
from django.conf import settings
from django.db import connection, transaction

from aims.jobs.registry import Job, register

TABLE = "CREATE TABLE effect (job text)"


def leave_effect_often() -> str:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect VALUES ('effect-often')")
    return "One effect."


def leave_effect() -> str:
    """One effect for each call that comes to its end; `began` counts the calls."""
    with (settings.AIMS_HOME / "began").open("a") as began:
        began.write("x")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect VALUES ('effect')")
        while (settings.AIMS_HOME / "halt").exists():
            time.sleep(0.05)
    return "One effect."


class EffectsConfig(AppConfig):
    name = "tests.jobs.effects"
    label = "effects"

    def ready(self) -> None:
        register(
            Job(name="effect", title="Effect", what="Leaves one.", run=leave_effect, at=dt.time(0, 0)),
            Job(
                name="effect-often",
                title="Effects",
                what="Leaves one every two seconds.",
                run=leave_effect_often,
                every=dt.timedelta(seconds=2),
                least=dt.timedelta(seconds=1),
            ),
        )
