"""The pages of the ledger: what verification found, the public notes, an entry with its proof, the alarm."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from aims.accounts.models import User
from aims.jobs.models import JobRun
from aims.ledger import checkpoints, exports, guards, keys, merkle, notes
from aims.ledger.jobs import verify_job
from aims.ledger.models import Checkpoint, Entry
from aims.notifications.models import Notice
from tests.factories import make_system, make_team

pytestmark = pytest.mark.django_db(transaction=True)

HISTORY = "registry_historicalaisystem"


@pytest.fixture
def ledger(lead: User) -> Checkpoint:
    make_system(make_team("team-proof"), slug="triage", name="Triage")
    made = checkpoints.make_checkpoint()
    assert made
    return made


@pytest.fixture
def page(client: Client, lead: User) -> Client:
    client.force_login(lead, backend="aims.accounts.backends.RoleBackend")
    return client


def tamper() -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {HISTORY} SET name = 'Other' WHERE slug = 'triage'")


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def test_an_unverified_ledger_says_so(page: Client) -> None:
    assert "Not verified yet" in text(page.get("/ledger/"))


def test_the_page_says_what_verification_found(page: Client, ledger: Checkpoint) -> None:
    verify_job()
    assert "Nothing was changed" in text(page.get("/ledger/"))
    tamper()
    verify_job()
    shown = text(page.get("/ledger/"))
    assert "History was changed" in shown
    assert f"of {HISTORY} is not what entry" in shown


def test_checkpoint_and_key_verify_each_other_without_a_login(client: Client, ledger: Checkpoint) -> None:
    note, key = client.get("/ledger/checkpoint"), client.get("/ledger/key")
    assert note.headers["Content-Type"] == key.headers["Content-Type"] == "text/plain; charset=utf-8"
    found = notes.verify(text(note), notes.VerifierKey.parse(text(key)))
    assert found.size == ledger.size


def test_where_nothing_was_signed_there_is_no_checkpoint(client: Client) -> None:
    assert client.get("/ledger/checkpoint").status_code == 404


def test_verify_now_asks_a_worker_once(page: Client, lead: User) -> None:
    page.post("/ledger/verify/")
    page.post("/ledger/verify/")
    [run] = JobRun.objects.filter(job="ledger-verify")
    assert run.asked_by == lead
    assert "under way" in text(page.get("/ledger/"))


def test_the_downloads_verify_without_the_portal(page: Client, ledger: Checkpoint, tmp_path: Path) -> None:
    export, script = tmp_path / "ledger.jsonl", tmp_path / "verify_ledger.py"
    export.write_bytes(b"".join(page.get("/ledger/export.jsonl").streaming_content))
    script.write_bytes(b"".join(page.get("/ledger/verify_ledger.py").streaming_content))
    done = subprocess.run(
        [sys.executable, "-I", script, export, "--key", str(keys.verifier_key())], check=False
    )
    assert done.returncode == 0


def test_an_entry_shows_its_row_and_its_proof(page: Client, ledger: Checkpoint) -> None:
    recorded = Entry.objects.filter(table=HISTORY).latest("seq")
    shown = text(page.get(f"/ledger/{recorded.seq}/"))
    assert "triage" in shown
    assert "as written" in shown
    assert "holds" in shown
    tamper()
    assert "changed</span>" in text(page.get(f"/ledger/{recorded.seq}/"))


def test_the_proof_that_is_downloaded_holds(page: Client, ledger: Checkpoint) -> None:
    proof = json.loads(text(page.get("/ledger/3/proof.json")))
    note = notes.verify(proof["checkpoint"], notes.VerifierKey.parse(proof["key"]))
    path = [bytes.fromhex(step) for step in proof["path"]]
    leaf = bytes.fromhex(proof["leaf_input"])
    assert merkle.includes(proof["leaf_index"], note.size, leaf, path, note.root)
    assert list(proof["entry"]) == exports.FIELDS


def test_a_proof_that_is_not_there_yet_is_not_found(page: Client, ledger: Checkpoint) -> None:
    make_team("team-later")
    assert page.get(f"/ledger/{ledger.size + 1}/").status_code == 200
    assert page.get(f"/ledger/{ledger.size + 1}/proof.json").status_code == 404


@pytest.mark.parametrize("seq", ["0", "9999", "9" * 30])
def test_what_is_no_entry_is_not_found(page: Client, ledger: Checkpoint, seq: str) -> None:
    assert page.get(f"/ledger/{seq}/").status_code == 404


def test_an_entry_is_opened_by_its_number(page: Client, ledger: Checkpoint) -> None:
    assert page.get("/ledger/?entry=2").headers["Location"] == "/ledger/2/"
    for wrong in ("x", "0", "99999999999999999999999999"):
        answer = page.get("/ledger/", {"entry": wrong})
        assert answer.status_code == 422
        assert "no such entry" in text(answer)


def test_a_failure_tells_who_is_in_charge_once(
    ledger: Checkpoint, lead: User, dpo: User, admin: User, cto: User
) -> None:
    verify_job()
    assert not Notice.objects.filter(kind="tampering").exists()
    tamper()
    verify_job()
    verify_job(full=False)
    told = Notice.objects.filter(kind="tampering")
    assert {notice.recipient for notice in told} == {lead, dpo, admin}
    assert told.count() == 3


def test_another_failure_is_told_again(ledger: Checkpoint, lead: User) -> None:
    tamper()
    verify_job()
    with guards.lifted(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE seq = 1")
    verify_job()
    assert Notice.objects.filter(kind="tampering", recipient=lead).count() == 2
