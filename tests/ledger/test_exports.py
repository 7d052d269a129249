"""An export, judged by the single file that needs no portal, in a process of its own as auditors run it."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aims.ledger import checkpoints, exports, format, guards, keys
from aims.ledger.models import Checkpoint, Entry
from aims.ledger.verify_ledger import FIELDS, content
from tests.factories import make_system, make_team

pytestmark = pytest.mark.django_db(transaction=True)

Lines = list[dict[str, Any]]


@pytest.fixture
def ledger() -> Checkpoint:
    team = make_team("team-claims", name="Schäden")
    for number in range(6):
        make_system(team, slug=f"system-{number}", name=f"System {number}")
    made = checkpoints.make_checkpoint()
    assert made
    make_system(team, slug="later", name="Later")
    return made


@pytest.fixture
def lines(ledger: Checkpoint) -> Lines:
    return [json.loads(line) for line in exports.lines()]


def judge(folder: Path, lines: Lines, *more: str) -> tuple[int, dict[str, Any]]:
    file = folder / "export.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", exports.SCRIPT, file, "--json", *more],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {"problem": done.stderr}


def kinds(found: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in found["findings"]}


def entries(lines: Lines) -> Lines:
    return [line for line in lines if line["kind"] == "entry"]


def test_what_was_not_touched_is_ok(tmp_path: Path, lines: Lines) -> None:
    code, found = judge(tmp_path, lines, "--key", str(keys.verifier_key()))
    assert (code, found["status"], found["findings"]) == (0, "ok", [])
    assert found["entries"] == found["checked_rows"] == Entry.objects.count()


def test_an_export_from_a_later_entry_is_ok(tmp_path: Path, ledger: Checkpoint) -> None:
    part = [json.loads(line) for line in exports.lines(since=4)]
    code, found = judge(tmp_path, part)
    assert (code, found["status"], found["entries"]) == (0, "ok", Entry.objects.count() - 3)
    entries(part)[1]["reason"] = "Other"
    assert kinds(judge(tmp_path, part)[1]) == {"modified"}


def _cut(lines: Lines) -> None:
    del lines[lines.index(entries(lines)[-3]) :]


def _drop(lines: Lines) -> None:
    lines.remove(entries(lines)[3])


def _swap(lines: Lines) -> None:
    _reorder(lines)
    one, other = entries(lines)[2], entries(lines)[4]
    one["seq"], other["seq"] = other["seq"], one["seq"]


def _reorder(lines: Lines) -> None:
    there = [lines.index(entry) for entry in entries(lines)]
    lines[there[2]], lines[there[4]] = lines[there[4]], lines[there[2]]


def _insert(lines: Lines) -> None:
    place = lines.index(entries(lines)[3])
    false = {**lines[place], "reason": "Put in.", "content": "00" * 32, "hash": "11" * 32}
    lines.insert(place, false)
    for entry in lines[place + 1 :]:
        entry["seq"] += 1


def _text(lines: Lines) -> None:
    entry = entries(lines)[3]
    entry["text"] = entry["text"].replace("System", "Sistem").replace("Schäden", "X")


def _gone(lines: Lines) -> None:
    entries(lines)[3]["text"] = None


def _loose(lines: Lines) -> None:
    lines.append({"kind": "row", "table": "accounts_historicalteam", "row": 77})


def _reason(lines: Lines) -> None:
    entries(lines)[3]["reason"] = "Because."


def _rewrite(lines: Lines) -> None:
    """Every hash anew: the checkpoint alone tells."""
    previous = format.GENESIS
    for entry in entries(lines):
        entry["actor"] = "somebody"
        fields = [str(entry[name]) for name in FIELDS]
        inner = content(fields)
        previous = format.link(previous, inner)
        entry["content"], entry["hash"] = inner.hex(), previous.hex()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (_reason, "modified"),
        (_text, "modified"),
        (_rewrite, "modified"),
        (_gone, "deleted"),
        (_drop, "deleted"),
        (_insert, "inserted"),
        (_loose, "inserted"),
        (_swap, "reordered"),
        (_cut, "truncated"),
    ],
)
def test_each_way_of_tampering_is_named(
    tmp_path: Path, lines: Lines, change: Callable[[Lines], None], kind: str
) -> None:
    change(lines)
    code, found = judge(tmp_path, lines)
    assert (code, found["status"]) == (1, "failed")
    assert kind in kinds(found), found
    assert kinds(found) <= {kind, "truncated"} if change is _cut else kinds(found) == {kind}, found


def test_a_cut_tail_with_a_corrected_header_is_found_by_the_checkpoint(tmp_path: Path, lines: Lines) -> None:
    first = next(line for line in lines if line["kind"] == "entry")
    del lines[lines.index(first) + 5 :]
    lines[0]["entries"] = len(entries(lines))
    assert kinds(judge(tmp_path, lines)[1]) == {"truncated"}


def test_a_whole_rewrite_without_checkpoint_is_found_by_the_one_kept_outside_alone(
    tmp_path: Path, lines: Lines, ledger: Checkpoint
) -> None:
    _rewrite(lines)
    lines = [line for line in lines if line["kind"] != "checkpoint"]
    assert judge(tmp_path, lines)[0] == 0
    kept = tmp_path / "kept.txt"
    kept.write_text(ledger.note, encoding="utf-8")
    assert kinds(judge(tmp_path, lines, "--checkpoint", str(kept))[1]) == {"modified"}


def test_a_checkpoint_of_another_key_is_unusable(tmp_path: Path, lines: Lines) -> None:
    other = "aims/elsewhere+00000000+AQAA"
    assert judge(tmp_path, lines, "--key", other)[0] == 2
    origin, size, *rest = lines[1]["note"].split("\n")
    lines[1]["note"] = "\n".join([origin, str(int(size) - 1), *rest])
    assert judge(tmp_path, lines)[0] == 2


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"kind": "entry"}', '{"kind": "header"}'])
def test_what_is_no_export_is_unusable(tmp_path: Path, text: str) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(text)
    done = subprocess.run([sys.executable, "-I", exports.SCRIPT, file], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_rows_of_the_database_that_were_changed_are_in_the_export(tmp_path: Path, ledger: Checkpoint) -> None:
    with guards.lifted(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE registry_historicalaisystem SET name = 'Other' WHERE slug = 'later'")
    assert kinds(judge(tmp_path, [json.loads(line) for line in exports.lines()])[1]) == {"modified"}


def test_the_command_writes_a_file_once(tmp_path: Path, ledger: Checkpoint) -> None:
    out = tmp_path / "out.jsonl"
    call_command("ledger", "export", out=out, stderr=io.StringIO())
    assert out.read_text(encoding="utf-8").splitlines() == list(exports.lines())
    with pytest.raises(CommandError) as refused:
        call_command("ledger", "export", out=out)
    assert refused.value.returncode == 2
