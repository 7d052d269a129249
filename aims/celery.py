"""The Celery application: the composition root of workers and schedulers. Nobody imports it.

`celery -A aims worker` and `celery -A aims beat` find it here; `manage.py serve` by the name in the settings.
"""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")

app = Celery("aims")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["aims.jobs"])


@signals.worker_ready.connect
def pulse_begins(sender: Any, **_: Any) -> None:
    from aims.jobs.pulse import Pulse  # noqa: PLC0415  # Django is set up by now, and not before

    sender.pulse = Pulse()
    sender.pulse.start()


@signals.worker_shutdown.connect
def pulse_ends(sender: Any, **_: Any) -> None:
    if pulse := getattr(sender, "pulse", None):
        pulse.stop()
