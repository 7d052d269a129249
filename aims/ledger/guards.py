"""Rules that the database itself holds, by trigger, against every way of writing: ORM, admin, raw SQL.

An app registers its guards in `ready()`. They are installed after every `migrate` and checked by
`manage.py check --database default`, because SQLite drops the triggers of a table that a migration remakes.
What a trigger cannot stop is somebody who owns the tables and drops it: `docs/production.md` says so.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

EVERYWHERE: Final = frozenset({"sqlite", "postgresql"})


class Trigger(Protocol):
    """What is installed and checked: one trigger on one table."""

    @property
    def name(self) -> str: ...

    @property
    def table(self) -> str: ...

    @property
    def vendors(self) -> frozenset[str]:
        """The databases that it is for."""

    def create(self, connection: BaseDatabaseWrapper) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Guard:
    """One trigger. `when` and `message` are the rule: where `when` holds, the write fails with `message`.

    `when` is SQL over NEW and OLD in the common subset of SQLite and PostgreSQL (empty: always).
    """

    name: str
    table: str
    event: str
    """INSERT, UPDATE or DELETE; on PostgreSQL also TRUNCATE."""
    message: str
    when: str = ""
    vendors: frozenset[str] = EVERYWHERE

    def create(self, connection: BaseDatabaseWrapper) -> Iterator[str]:
        condition = f"WHEN ({self.when})" if self.when else ""
        if connection.vendor == "sqlite":
            yield (
                f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                f"FOR EACH ROW {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            )
            return
        # PostgreSQL allows no subquery in WHEN: the condition moves into the function.
        test = f"IF {self.when} THEN" if self.when else "IF TRUE THEN"
        passed = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(self.event, "NEW")
        each = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        yield (
            f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {test} '
            f"RAISE EXCEPTION '{self.message}' USING ERRCODE = '23514'; END IF; RETURN {passed}; END $$"
        )
        yield (
            f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
            f'FOR EACH {each} EXECUTE FUNCTION "{self.name}"()'
        )
        # Else `SET session_replication_role = replica` would walk past it.
        yield f'ALTER TABLE "{self.table}" ENABLE ALWAYS TRIGGER "{self.name}"'


def drop(trigger: str, table: str, vendor: str) -> str:
    """SQL that takes a trigger down if it is there."""
    return f'DROP TRIGGER IF EXISTS "{trigger}"' + ("" if vendor == "sqlite" else f' ON "{table}"')


_guards: dict[str, Trigger] = {}


def register(*guards: Trigger) -> None:
    """Add guards; called in an app's `ready()`. A name stands once."""
    for guard in guards:
        _guards[guard.name] = guard


def append_only(table: str) -> tuple[Guard, ...]:
    """Guards under which rows of the table can be added, never changed or removed."""
    kept = f"{table} is append-only: nothing is ever removed"
    return (
        Guard(f"{table}_no_update", table, "UPDATE", f"{table} is append-only: write a new row instead"),
        Guard(f"{table}_no_delete", table, "DELETE", kept),
        Guard(f"{table}_no_truncate", table, "TRUNCATE", kept, vendors=frozenset({"postgresql"})),
    )


def expected(vendor: str) -> dict[str, Trigger]:
    """The registered guards of a kind of database, by name."""
    return {name: guard for name, guard in _guards.items() if vendor in guard.vendors}


def install(connection: BaseDatabaseWrapper) -> None:
    """Set up every registered guard whose table exists, anew."""
    lift(connection)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for guard in expected(connection.vendor).values():
            if guard.table in tables:
                for statement in guard.create(connection):
                    cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take all guards down; only migrations and the test suite's clean-up do this."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for guard in expected(connection.vendor).values():
            if guard.table in tables:
                cursor.execute(drop(guard.name, guard.table, connection.vendor))


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """No guards within; for emptying a test database."""
    lift(connection)
    try:
        yield
    finally:
        install(connection)


def standing(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of the guards that are in the database and switched on."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()} & _guards.keys()


def lift_before_migrations(*, using: str, **_: Any) -> None:
    lift(connections[using])


def install_after_migrations(*, using: str, **_: Any) -> None:
    install(connections[using])


def check_standing(
    *, app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """`aims.E001`: every guard stands in each database that is checked.

    A database that has yet to be migrated is passed over: `migrate` runs this check too, and installs them.
    """
    messages: list[checks.CheckMessage] = []
    for alias in databases or ():
        missing = sorted(expected(connections[alias].vendor).keys() - standing(connections[alias]))
        if missing and not _migrations_pending(connections[alias]):
            messages.append(
                checks.Error(
                    f"The database does not hold these rules: {', '.join(missing)}.",
                    hint="Find out who removed them. `manage.py migrate --skip-checks` installs them again.",
                    id="aims.E001",
                )
            )
    return messages


def _migrations_pending(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
