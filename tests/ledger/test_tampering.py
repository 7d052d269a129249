"""Ways of tampering, by somebody who may take the guards down: the verifier names each by its kind."""

import shutil
from typing import Any

import pytest
from django.db import connection

from aims.ledger import checkpoints, format, governed, guards, verifier
from aims.ledger.models import Checkpoint, Entry, Publication
from tests.factories import make_system, make_team

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger() -> Checkpoint:
    team = make_team("team-claims")
    for number in range(8):
        make_system(team, slug=f"system-{number}", name=f"System {number}")
    made = checkpoints.make_checkpoint()
    assert made
    return made


def tamper(*statements: str) -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def kinds(**options: Any) -> set[str]:
    return {finding.kind for finding in verifier.verify(**options).findings}


HISTORY = "registry_historicalaisystem"


def middle() -> Entry:
    return Entry.objects.filter(table=HISTORY).order_by("seq")[3]


def test_what_was_not_touched_is_ok(ledger: Checkpoint) -> None:
    report = verifier.verify()
    assert (report.status, report.findings) == ("ok", [])
    assert report.entries == report.checked_rows == ledger.size


def test_nothing_is_not_ok() -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        for table in [*governed.governed(), "ledger_entry"]:
            cursor.execute(f'DELETE FROM "{table}"')
    report = verifier.verify()
    assert (report.status, report.entries, report.findings) == ("empty", 0, [])


def test_everything_gone_is_truncated_while_a_checkpoint_is_left(ledger: Checkpoint) -> None:
    tamper("DELETE FROM ledger_entry")
    assert "truncated" in kinds()


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("seq", "100000", "reordered"),
        ("at", "'2020-01-01 00:00:00'", "modified"),
        ('"table"', "'accounts_historicalteam'", "modified"),
        ('"row"', "999999", "modified"),
        ("shape", "'0000000000000000'", "modified"),
        ("digest", "'0000'", "modified"),
        ("about", "'registry.aisystem:0'", "modified"),
        ("actor", "'somebody'", "modified"),
        ("role", "'|cto|'", "modified"),
        ("channel", "'api'", "modified"),
        ("act", "'0'", "modified"),
        ("reason", "'Because.'", "modified"),
        ("content", "digest", "modified"),
        ("hash", "content", "modified"),
    ],
)
def test_each_column_of_an_entry(ledger: Checkpoint, column: str, value: str, kind: str) -> None:
    if value == "digest":
        value = "hash"
    tamper(f"UPDATE ledger_entry SET {column} = {value} WHERE seq = {middle().seq}")
    assert kinds() == {kind}


def test_a_row(ledger: Checkpoint) -> None:
    tamper(f"UPDATE {HISTORY} SET name = 'Other' WHERE history_id = {middle().row}")
    [finding] = verifier.verify().findings
    assert (finding.kind, finding.table, finding.row, finding.seq) == (
        "modified", HISTORY, middle().row, middle().seq,
    )  # fmt: skip


def test_a_row_is_deleted(ledger: Checkpoint) -> None:
    tamper(f"DELETE FROM {HISTORY} WHERE history_id = {middle().row}")
    assert kinds() == {"deleted"}


def test_an_entry_is_deleted(ledger: Checkpoint) -> None:
    tamper(f"DELETE FROM ledger_entry WHERE seq = {middle().seq}")
    assert kinds() == {"deleted"}


def test_a_row_is_inserted_past_the_trigger(ledger: Checkpoint) -> None:
    columns = [
        field.column for field in Entry._meta.apps.get_model("registry", "HistoricalAISystem")._meta.fields
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join("900000" if name == "history_id" else f'"{name}"' for name in columns)
    tamper(
        f"INSERT INTO {HISTORY} ({names}) SELECT {values} FROM {HISTORY} WHERE history_id = {middle().row}"
    )
    assert kinds() == {"inserted"}


def test_an_entry_is_inserted_at_the_end_and_chained(ledger: Checkpoint) -> None:
    with guards.lifted(connection):
        chain_on(middle())
    assert kinds() == {"inserted"}


def chain_on(copied: Entry) -> None:
    last = Entry.objects.first()
    assert last
    names = ("at", "table", "row", "shape", "digest", "about", "actor", "role", "channel", "act", "reason")
    fields = {name: getattr(copied, name) for name in names} | {"seq": last.seq + 1}
    content = format.content(**fields)
    Entry.objects.create(**fields, content=content, hash=format.link(bytes(last.hash), content))


def test_two_entries_are_swapped(ledger: Checkpoint) -> None:
    one, other = middle().seq, middle().seq + 3
    tamper(
        f"UPDATE ledger_entry SET seq = 99999 WHERE seq = {one}",
        f"UPDATE ledger_entry SET seq = {one} WHERE seq = {other}",
        f"UPDATE ledger_entry SET seq = {other} WHERE seq = 99999",
    )
    assert kinds() == {"reordered"}


def test_the_tail_is_cut_off(ledger: Checkpoint) -> None:
    for entry in Entry.objects.all()[:3]:
        tamper(
            f"DELETE FROM {entry.table} WHERE history_id = {entry.row}",
            f"DELETE FROM ledger_entry WHERE seq = {entry.seq}",
        )
    assert kinds() == {"truncated"}


def rewrite_everything() -> None:
    """All that the database holds: entries, hashes, and no word of checkpoints."""
    with guards.lifted(connection):
        Publication.objects.all().delete()
        Checkpoint.objects.all().delete()
        previous = format.GENESIS
        for entry in Entry.objects.order_by("seq"):
            entry.reason = "Rewritten."
            fields = {field.name: getattr(entry, field.name) for field in Entry._meta.fields[:12]}
            entry.content = format.content(**fields)
            entry.hash = previous = format.link(previous, entry.content)
            entry.save()


def test_a_full_rewrite_is_found_by_the_outside_checkpoint_alone(ledger: Checkpoint) -> None:
    rewrite_everything()
    shutil.rmtree(checkpoints.folder())  # whoever did it reached the server's disk too
    assert kinds() == set()
    assert kinds(outside=[(ledger.note, "mine")]) == {"modified"}


def test_a_full_rewrite_of_the_database_alone_is_found_by_the_published_file(ledger: Checkpoint) -> None:
    rewrite_everything()
    [finding] = verifier.verify().findings
    assert finding.kind == "modified"
    assert "published folder" in finding.message


def test_a_published_file_that_nobody_signed_is_named(ledger: Checkpoint) -> None:
    (checkpoints.folder() / "latest").write_text(ledger.note.replace("aims/", "aims/x"))
    [finding] = verifier.verify().findings
    assert "published folder" in finding.message


def test_the_tail_is_cut_off_with_its_checkpoints(ledger: Checkpoint) -> None:
    for entry in Entry.objects.all()[:3]:
        tamper(
            f"DELETE FROM {entry.table} WHERE history_id = {entry.row}",
            f"DELETE FROM ledger_entry WHERE seq = {entry.seq}",
        )
    tamper("DELETE FROM ledger_publication", "DELETE FROM ledger_checkpoint")
    assert kinds() == {"truncated"}
    shutil.rmtree(checkpoints.folder())
    assert kinds() == set()
    assert kinds(outside=[(ledger.note, "mine")]) == {"truncated"}


def test_an_entry_is_inserted_in_the_middle_by_shifting_the_numbers(ledger: Checkpoint) -> None:
    place = middle()
    for seq in range(ledger.size, place.seq - 1, -1):
        tamper(f"UPDATE ledger_entry SET seq = {seq + 1} WHERE seq = {seq}")
    with guards.lifted(connection):
        place.reason, before = "Put in.", Entry.objects.get(seq=place.seq - 1)
        fields = {field.name: getattr(place, field.name) for field in Entry._meta.fields[:12]}
        place.content = format.content(**fields)
        place.hash = format.link(bytes(before.hash), place.content)
        place.save(force_insert=True)
    findings = verifier.verify().findings
    assert {finding.kind for finding in findings} == {"inserted"}
    assert place.seq in {finding.seq for finding in findings}


@pytest.mark.parametrize(
    "change", ["size = size - 1", "root = (SELECT hash FROM ledger_entry WHERE seq = 1)", "note = 'none'"]
)
def test_a_stored_checkpoint_is_changed(ledger: Checkpoint, change: str) -> None:
    tamper(f"UPDATE ledger_checkpoint SET {change}")
    [finding] = verifier.verify().findings
    assert (finding.kind, finding.table) == ("modified", "ledger_checkpoint")


def test_a_number_beyond_all_others_ends_the_run_all_the_same(ledger: Checkpoint) -> None:
    tamper(f"UPDATE ledger_entry SET seq = {2**60} WHERE seq = {ledger.size}")
    assert kinds() == {"reordered"}


@pytest.mark.parametrize("batch", [1, 5])
def test_what_is_wrong_is_named_wherever_a_part_ends(
    ledger: Checkpoint, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "BATCH", batch)
    assert kinds() == set()
    tamper(f"DELETE FROM ledger_entry WHERE seq = {middle().seq}")
    assert kinds() == {"deleted"}


def test_the_rows_of_older_entries_are_read_only_in_full_runs(ledger: Checkpoint) -> None:
    tamper(f"UPDATE {HISTORY} SET name = 'Other' WHERE history_id = {middle().row}")
    assert kinds(since=middle().seq + 1) == set()
    assert kinds(since=middle().seq) == {"modified"}


def test_a_trigger_is_dropped(ledger: Checkpoint) -> None:
    name = f"{HISTORY}_no_update"
    with connection.cursor() as cursor:
        cursor.execute(guards.drop(name, HISTORY, connection.vendor))
    try:
        assert kinds() == {"trigger-missing"}
    finally:
        guards.install(connection)
