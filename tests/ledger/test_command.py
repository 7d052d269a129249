"""`manage.py ledger`: what it says, on which stream, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aims.ledger import checkpoints, guards, keys
from aims.ledger.models import Checkpoint, Entry, Verification
from tests.factories import make_system, make_team

pytestmark = pytest.mark.django_db(transaction=True)

HISTORY = "registry_historicalaisystem"


@pytest.fixture
def ledger() -> Checkpoint:
    team = make_team("team-claims")
    for number in range(3):
        make_system(team, slug=f"system-{number}", name=f"System {number}")
    made = checkpoints.make_checkpoint()
    assert made
    return made


def run(*words: str) -> tuple[int, str]:
    """(exit code, standard output)."""
    out = io.StringIO()
    try:
        call_command("ledger", *words, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def tamper(statement: str) -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_is_as_written_ends_with_0(ledger: Checkpoint) -> None:
    code, said = run("verify", "--json")
    assert code == 0
    assert json.loads(said) == {
        "status": "ok", "entries": ledger.size, "checked_rows": ledger.size, "findings": [],
    }  # fmt: skip
    assert run("verify")[1].startswith("All as written")


def test_what_was_changed_ends_with_1(ledger: Checkpoint) -> None:
    tamper(f"UPDATE {HISTORY} SET name = 'Other' WHERE slug = 'system-1'")
    code, said = run("verify", "--json")
    found = json.loads(said)
    assert (code, found["status"]) == (1, "failed")
    assert {key for finding in found["findings"] for key in finding} == {
        "kind", "table", "row", "seq", "message",
    }  # fmt: skip
    assert run("verify")[1].startswith("CHANGED")


def test_each_run_is_kept(ledger: Checkpoint) -> None:
    run("verify", "--json")
    assert [(run.status, run.entries) for run in Verification.objects.all()] == [("ok", ledger.size)]


@pytest.mark.parametrize("since", ["x", "2026-13-01", "-1"])
def test_a_since_that_is_none_ends_with_2(ledger: Checkpoint, since: str) -> None:
    assert run("verify", f"--since={since}") == (2, "")


def test_since_takes_a_day(ledger: Checkpoint) -> None:
    assert json.loads(run("verify", "--json", "--since", "2020-01-01")[1])["checked_rows"] == ledger.size
    assert json.loads(run("verify", "--json", "--since", "2999-01-01")[1])["checked_rows"] == 0


def test_a_checkpoint_that_cannot_be_read_ends_with_2(ledger: Checkpoint, tmp_path: Path) -> None:
    assert run("verify", "--checkpoint", str(tmp_path / "nowhere"))[0] == 2
    (tmp_path / "forged").write_text(ledger.note.replace(f"\n{ledger.size}\n", "\n1\n"))
    assert run("verify", "--checkpoint", str(tmp_path / "forged"))[0] == 2


def test_a_kept_checkpoint_finds_a_cut_tail(ledger: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(ledger.note)
    assert run("verify", "--checkpoint", str(tmp_path / "kept"))[0] == 0
    last = Entry.objects.all()[0]
    tamper(f"DELETE FROM ledger_entry WHERE seq = {last.seq}")
    assert run("verify", "--checkpoint", str(tmp_path / "kept"))[0] == 1


def test_a_checkpoint_of_a_changed_ledger_is_not_signed(ledger: Checkpoint) -> None:
    make_system(make_team("team-other"), slug="other", name="Other")
    last = Entry.objects.all()[0]
    tamper(f"UPDATE ledger_entry SET content = hash WHERE seq = {last.seq}")
    assert run("checkpoint")[0] == 1
    assert Checkpoint.objects.count() == 1


def test_checkpoint_says_what_it_signed(ledger: Checkpoint) -> None:
    said = json.loads(run("checkpoint", "--json")[1])
    assert said == {"size": ledger.size, "root": bytes(ledger.root).hex(), "note": ledger.note}
    assert run("checkpoint")[1] == ledger.note


def test_the_key_is_shown_and_a_new_one_is_a_key(settings: Any) -> None:
    assert run("key")[1].strip() == str(keys.verifier_key())
    settings.AIMS_LEDGER_KEY = run("key", "--new")[1]
    assert run("key")[1].strip() == str(keys.verifier_key())
