"""What every test stands on: a home of its own, plain static files, guards that let the clean-up through."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import SimpleTestCase, TransactionTestCase

from aims.accounts.models import Team, User
from aims.ledger import guards
from registry.models import AISystem
from tests import factories

pytest_plugins = ["tests.personas", "tests.lifecycle", "tests.addresses", "tests.browser.harness"]

# A busy machine is no failure; how long things take is measured in bench/.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")


def pytest_configure(config: pytest.Config) -> None:
    # Pages are tested without a collected manifest, people without an expensive hash.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    # Playwright's synchronous interface runs an event loop in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out what never asks a database: SQLite's run has it."""
    if connections["default"].vendor == "sqlite":
        return
    config.hook.pytest_deselected(items=[item for item in items if not _asks_a_database(item)])
    items[:] = [item for item in items if _asks_a_database(item)]


def _asks_a_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    unittest_case = issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    return bool(fixtures or unittest_case or item.get_closest_marker("django_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """A database of this run alone: two runs on one machine do not meet."""
    if connections["default"].vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = tmp_path_factory.getbasetemp() / "test.sqlite3"


@pytest.fixture(scope="session", autouse=True)
def guards_let_the_flush_through() -> Iterator[None]:
    """Emptying the database after a transactional test deletes rows that nothing else may delete."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: Any) -> None:
        with ExitStack() as stack:
            for alias in self._databases_names(include_mirrors=False):
                stack.enter_context(guards.lifted(connections[alias]))
            original(self)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    """AIMS_HOME of one test."""
    settings.AIMS_HOME = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Rate limits count in the cache."""
    cache.clear()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    return factories.make_user


@pytest.fixture
def make_team(db: None) -> Callable[..., Team]:
    return factories.make_team


@pytest.fixture
def make_system(team: Team) -> Callable[..., AISystem]:
    """Systems of the persona `owner`, unless another team is given."""

    def make(of: Team | None = None, **columns: Any) -> AISystem:
        return factories.make_system(of or team, **columns)

    return make
