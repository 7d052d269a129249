"""Who an entry names when acts, savepoints and writers mingle; and that nothing is written without one."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from aims.accounts.models import Team
from aims.ledger import backlog, governed, guards, trail, verifier
from aims.ledger.acting import Act, Who, acting
from aims.ledger.models import Channel, Entry
from tests.factories import make_team
from tests.ledger.test_entries import follow

pytestmark = pytest.mark.django_db(transaction=True)

TEAMS = "accounts_historicalteam"


def by(person: str) -> Act:
    return Act(Channel.PAGE, who=lambda: Who(person, "|lead|"))


def renamed(team: Team, name: str) -> None:
    """By whoever acts: the row itself names nobody."""
    team.name = name
    vars(team)["_change_reason"] = name
    with transaction.atomic():
        team.save()


def renamed_and_regretted(team: Team, act: Act) -> None:
    with acting(act):
        renamed(team, "regretted")
    raise ZeroDivisionError


def told() -> list[tuple[str, str]]:
    """(who, why) of what was written of teams, in order."""
    entries = [entry for entry in follow() if entry.table == TEAMS and entry.reason]
    return [(entry.actor, entry.reason) for entry in entries]


def test_two_acts_in_one_transaction_each_have_their_own() -> None:
    team, ann, bob = make_team(), str(uuid.uuid4()), str(uuid.uuid4())
    with transaction.atomic():
        with acting(by(ann)):
            renamed(team, "first")
        with acting(by(bob)):
            renamed(team, "second")
        with acting(by(ann)):
            renamed(team, "third")
    assert told() == [(ann, "first"), (bob, "second"), (ann, "third")]


def test_what_a_savepoint_takes_back_names_nobody_afterwards() -> None:
    team, ann, bob = make_team(), str(uuid.uuid4()), str(uuid.uuid4())
    with transaction.atomic():
        with acting(by(ann)):
            renamed(team, "first")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            renamed_and_regretted(team, by(bob))
        with acting(by(ann)):
            renamed(team, "third")
    assert told() == [(ann, "first"), (ann, "third")]


def test_after_a_transaction_that_failed_the_next_names_its_own() -> None:
    team, ann, bob = make_team(), str(uuid.uuid4()), str(uuid.uuid4())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        renamed_and_regretted(team, by(ann))
    with acting(by(bob)):
        renamed(team, "second")
    renamed(team, "third")
    assert told() == [(bob, "second"), ("", "third")]


@contextmanager
def no_ledger() -> Iterator[None]:
    """Within, the ledger cannot be written."""
    if connection.vendor == "sqlite":

        def broken(*_: Any) -> None:
            raise RuntimeError("no ledger")

        connection.connection.create_function("ledger_chain", 9, broken)
        yield
        connection.close()  # the next one has its functions again
        return
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry RENAME TO ledger_entry_away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE ledger_entry_away RENAME TO ledger_entry")


def test_without_a_ledger_nothing_is_written() -> None:
    team = make_team()
    was = team.name
    team.name = "Unseen"
    with no_ledger(), pytest.raises(DatabaseError):
        trail.save(team, by=None)
    team.refresh_from_db()
    assert team.name == was
    assert not team.history.filter(name="Unseen").exists()
    follow()


def test_writers_at_once_leave_no_gap_and_no_fork() -> None:
    teams, failures = [make_team() for _ in range(8)], []

    def write(team: Team) -> None:
        try:
            for number in range(10):
                with transaction.atomic():
                    renamed(team, f"{team.pk}: {number}")
        except Exception as error:  # it would vanish with the thread
            failures.append(error)
        finally:
            connection.close()

    before = Entry.objects.count()
    threads = [threading.Thread(target=write, args=[team]) for team in teams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(follow()) == before + 80


def test_rows_that_no_trigger_saw_are_chained_after_a_migration() -> None:
    with guards.lifted(connection):
        team = make_team()
    assert not Entry.objects.filter(table=TEAMS, about=f"accounts.team:{team.pk}").exists()
    assert verifier.verify().status == "failed"

    backlog.chain_after_migrations(using="default")

    channels = {entry.channel for entry in follow() if entry.about == f"accounts.team:{team.pk}"}
    assert channels == {"migration"}
    assert verifier.verify().status == "ok"
    count = Entry.objects.count()
    backlog.chain_after_migrations(using="default")
    assert Entry.objects.count() == count


def test_columns_may_come_and_go() -> None:
    """Old rows are judged by the columns that they were digested with; a lost column is recorded anew."""
    team = make_team()
    try:
        with guards.lifted(connection), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TEAMS} ADD COLUMN motto varchar(20)")
        renamed(team, "With a motto")
        assert verifier.verify().status == "ok"
    finally:
        with guards.lifted(connection), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TEAMS} DROP COLUMN motto")
    backlog.chain_after_migrations(using="default")
    assert verifier.verify().status == "ok"
    assert Entry.objects.filter(table=TEAMS, channel="migration").exists()


def test_no_governed_table_can_be_emptied() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no TRUNCATE.")
    assert "audits_itemconfirmation" in governed.governed()
    for table in [*governed.governed(), "ledger_entry", "ledger_shape", "ledger_checkpoint"]:
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
