"""Installations whose planners and deliverers are real processes, on either database."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.jobs.conftest import Database
from tests.processes import Installation, installation

SETTINGS = "tests.notifications.settings"
READERS = 60
QUICK = {"AIMS_JOB_LEASE": "3"}

PEOPLE = f"""
from aims.accounts.models import User
for number in range({READERS}):
    User.objects.create(email=f"reader-{{number:02d}}@example.com", name=f"Reader {{number}}")
"""


def _furnish(made: Installation) -> None:
    made.manage("migrate", "-v0")
    made.manage("shell", "-v0", "-c", PEOPLE)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a database full of people, to be copied."""
    home = tmp_path_factory.mktemp("furnished")
    _furnish(Installation(home, SETTINGS))
    return home


@pytest.fixture(scope="session")
def furnished_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres.throw_away() as url:
        _furnish(Installation(tmp_path_factory.mktemp("furnished-server"), SETTINGS, url))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: Any, tmp_path: Path) -> Iterator[Installation]:
    """A portal with people, of whom nobody was told anything."""
    home = tmp_path / "portal"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("furnished"), home)
        database = ""
    else:
        database = request.getfixturevalue("furnished_server")
    with installation(home, settings=SETTINGS, database=database, variables=dict(QUICK)) as made:
        if database:
            for table in ("notifications_notice", "jobs_jobrun", "jobs_heartbeat", "jobs_jobschedule"):
                Database(made).rows(f"DELETE FROM {table}")
            Database(made).rows("DELETE FROM django_celery_beat_periodictask")
        yield made
