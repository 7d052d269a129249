"""Installations with their own processes; the tests read and write their databases directly."""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres
from tests.jobs.effects.apps import TABLE
from tests.processes import Installation, Redis, installation

SETTINGS = "tests.jobs.settings"
QUICK = {"AIMS_JOB_LEASE": "3"}


class Database:
    """Plain SQL against the database of an installation, from outside of it."""

    def __init__(self, made: Installation) -> None:
        self._made = made

    def rows(self, query: str) -> list[Any]:
        if self._made.database:
            with psycopg.connect(self._made.database, autocommit=True) as connection:
                cursor = connection.execute(query)
                return cursor.fetchall() if cursor.description else []
        connection = sqlite3.connect(self._made.home / "db.sqlite3", timeout=20)
        try:
            with connection:
                return connection.execute(query).fetchall()
        finally:
            connection.close()

    def ask(self, job: str, at: dt.datetime | None = None) -> None:
        """As the page does it: one row."""
        at = at or dt.datetime.now(dt.UTC)
        moment = f"{at:%Y-%m-%d %H:%M:%S.%f}" + ("+00" if self._made.database else "")
        self.rows(
            "INSERT INTO jobs_jobrun (job, slot, attempt, state, asked_at, result, detail) "
            f"VALUES ('{job}', '{moment}', 1, 'asked', '{moment}', '', '')"
        )

    def states(self, job: str) -> list[str]:
        return [
            state for (state,) in self.rows(f"SELECT state FROM jobs_jobrun WHERE job='{job}' ORDER BY id")
        ]

    def effects(self, job: str) -> int:
        return int(self.rows(f"SELECT COUNT(*) FROM effect WHERE job='{job}'")[0][0])


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a database to be copied."""
    home = tmp_path_factory.mktemp("migrated")
    made = Installation(home, SETTINGS)
    made.manage("migrate", "-v0")
    Database(made).rows(TABLE)
    return home


@pytest.fixture
def embedded(migrated: Path, tmp_path: Path) -> Iterator[Installation]:
    """SQLite, no Redis."""
    shutil.copytree(migrated, tmp_path / "portal")
    with installation(tmp_path / "portal", settings=SETTINGS, variables=dict(QUICK)) as made:
        yield made


@pytest.fixture
def redis() -> Iterator[Redis]:
    server = Redis()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def production_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """PostgreSQL with the tables, for all tests."""
    with postgres.server() as server:
        made = Installation(tmp_path_factory.mktemp("production"), SETTINGS, server.url)
        made.manage("migrate", "-v0")
        Database(made).rows(TABLE)
        yield server


@pytest.fixture
def production(production_server: postgres.Server, redis: Redis, tmp_path: Path) -> Iterator[Installation]:
    """PostgreSQL and Redis."""
    with installation(
        tmp_path / "portal",
        settings=SETTINGS,
        database=production_server.url,
        redis=redis.url,
        variables=dict(QUICK),
    ) as made:
        Database(made).rows("DELETE FROM effect")
        for table in ("jobs_jobrun", "jobs_heartbeat", "jobs_jobschedule", "django_celery_beat_periodictask"):
            Database(made).rows(f"DELETE FROM {table}")
        yield made
