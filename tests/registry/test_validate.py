"""`registry validate`, as a person at the command line and a CI job see it."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from aims.policy.policies import PolicySet
from registry.validation import BATCH, validate

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = Path(__file__).parent / "data" / "claude-rag-assistant.yaml"
HEAD = "id: a\nname: A\nowner: team-a\n"


class Outcome:
    """What one call printed, and how it ended."""

    def __init__(self, *arguments: str | Path, format: str = "json") -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = 0
        try:
            call_command(
                "registry", "validate", *map(str, arguments), f"--format={format}", stdout=out, stderr=err
            )
        except SystemExit as stopped:
            self.code = int(stopped.code or 0)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def reports(self) -> list[dict[str, Any]]:
        return list(json.loads(self.out))

    @property
    def report(self) -> dict[str, Any]:
        (report,) = self.reports
        return report


def error_of(path: Path) -> dict[str, Any]:
    """The one error of a file that cannot be used."""
    outcome = Outcome(path)
    assert outcome.code == 2
    assert outcome.report["verdict"] == "error"
    (error,) = outcome.report["errors"]
    return dict(error)


def article(old: str = "", new: str = "") -> str:
    text = ARTICLE.read_text()
    assert old in text
    return text.replace(old, new) if old else text


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """More files than one process takes at a time: fine ones, denied ones and broken ones."""
    for number in range(3 * BATCH):
        text = article("claude-rag-assistant\n", f"system-{number}\n")
        if number % 7 == 0:
            text = text.replace("  impact_assessment_id: IA-2026-014\n", "")
        if number % 11 == 0:
            text += "unknown: 1\n"
        (tmp_path / f"{number:04}.yaml").write_text(text)
    return tmp_path


# --- Verdicts ---------------------------------------------------------------------------------------------


def test_the_articles_record_is_allowed() -> None:
    outcome = Outcome(ARTICLE)
    assert outcome.code == 0
    assert outcome.report["file"] == str(ARTICLE)
    assert outcome.report["id"] == "claude-rag-assistant"
    assert outcome.report["verdict"] == "allow"
    assert outcome.report["errors"] == []
    assert all(denial["severity"] == "warning" for denial in outcome.report["denials"])


@pytest.mark.parametrize("absent", ["", "  impact_assessment_id: null\n", '  impact_assessment_id: ""\n'])
def test_personal_data_without_assessment_is_denied(tmp_path: Path, absent: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(article("  impact_assessment_id: IA-2026-014\n", absent))
    outcome = Outcome(file)
    assert outcome.code == 1
    assert outcome.report["verdict"] == "deny"
    denial = next(denial for denial in outcome.report["denials"] if denial["rule"] == "pii-needs-assessment")
    assert set(denial) == {"rule", "message", "control", "severity", "source"}
    assert denial["severity"] == "blocker"
    assert denial["source"].startswith("policies/ai/model_registry.rego:")


@pytest.mark.parametrize(
    "absent", ["", "  approved_by: null\n", "  approved_by: []\n", "  approved_by: [cto]\n"]
)
def test_high_risk_without_dpo_is_denied(tmp_path: Path, absent: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(article("  approved_by: [cto, dpo]\n", absent))
    assert "high-risk-needs-dpo" in {denial["rule"] for denial in Outcome(file).report["denials"]}


def test_a_file_is_taken_at_its_word_about_stage_and_approval(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(article('  last_reviewed: "2026-01-15"\n', ""))
    denied = {denial["rule"] for denial in Outcome(file).report["denials"] if denial["severity"] == "blocker"}
    assert denied == {"production-needs-review-date"}


def test_an_error_outweighs_a_denial(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(article("  approved_by: [cto, dpo]\n", ""))
    (tmp_path / "b.yaml").write_text("id: [\n")
    outcome = Outcome(tmp_path)
    assert [report["verdict"] for report in outcome.reports] == ["deny", "error"]
    assert outcome.code == 2


# --- Files that nobody should have to read a traceback about ------------------------------------------------


def test_a_billion_laughs_are_not_laughed(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join(lines))
    outcome = Outcome(file)
    assert outcome.code == 2
    assert outcome.report["errors"][0] == {
        "line": 1,
        "column": 5,
        "message": "Anchors (&a0) are not allowed: remove it, and write the value out where it is used.",
    }


def test_a_tag_makes_nothing(tmp_path: Path) -> None:
    file, made = tmp_path / "tag.yaml", tmp_path / "made"
    file.write_text(f"id: !!python/object/apply:os.mkdir [{made}]\n")
    assert "!!python/object/apply:os.mkdir" in error_of(file)["message"]
    assert not made.exists()


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        (HEAD + "name: B\n", 4, 1, "“name” stands here twice, first on line 2"),
        (HEAD + 'in_scope: "no"\n', 4, 11, "true or false"),
        (HEAD + "ownr: b\n", 4, 1, "Did you mean “owner”?"),
        (HEAD + "model:\n\ttype: a\n", 5, 1, "tab"),
        ("", 1, 1, "empty"),
        (HEAD + "x: " + "[" * 100_000, 4, 35, "32 levels"),
    ],
    ids=["duplicate-key", "wrong-type", "unknown-key", "tab", "empty", "deep"],
)
def test_a_broken_file_gets_line_column_and_a_way_out(
    tmp_path: Path, text: str, line: int, column: int, said: str
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    error = error_of(file)
    assert (error["line"], error["column"]) == (line, column)
    assert said in error["message"]


def test_broken_utf8_gets_the_place_of_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(HEAD.encode() + b"contact: caf\xe9@example.com\n")
    error = error_of(file)
    assert (error["line"], error["column"]) == (4, 13)


def test_a_file_of_two_mebibytes_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_text(HEAD + "#" * 2 * 1024 * 1024)
    assert "2.0 MiB" in error_of(file)["message"]


def test_a_refused_record_is_named_by_the_id_that_it_claims(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + "unknown: 1\n")
    assert Outcome(file).report["id"] == "a"


# --- Paths --------------------------------------------------------------------------------------------------


def test_a_missing_path_is_unusable_and_the_others_are_still_judged(tmp_path: Path) -> None:
    outcome = Outcome(tmp_path / "nowhere", ARTICLE)
    assert [report["verdict"] for report in outcome.reports] == ["error", "allow"]
    assert "no file or folder of this name" in outcome.reports[0]["errors"][0]["message"]
    assert outcome.code == 2


def test_a_folder_without_yaml_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    assert "No YAML file" in error_of(tmp_path)["message"]


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone")
    assert "no file" in error_of(tmp_path)["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD)
    file.chmod(0)
    assert "permissions" in error_of(file)["message"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "neither a file nor a folder" in error_of(tmp_path)["message"]


def test_folders_are_walked_in_order_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ["b/z.yml", "b/a.yaml", "c.yaml", "a.txt", ".git/x.yaml", "B.yaml"]:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(HEAD.replace("id: a", f"id: x-{name[0].lower()}-{len(name)}-{file.stem.lower()}"))
    found = [str(Path(report["file"]).relative_to(tmp_path)) for report in Outcome(tmp_path).reports]
    assert found == ["B.yaml", "c.yaml", "b/a.yaml", "b/z.yml"]


def test_an_id_of_an_earlier_file_is_an_error_of_the_later(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD)
    (tmp_path / "b.yaml").write_text("name: B\nid: a\nowner: team-b\n")
    first, second = Outcome(tmp_path).reports
    assert first["errors"] == []
    (error,) = second["errors"]
    assert second["verdict"] == "error"
    assert (error["line"], error["column"]) == (2, 5)
    assert str(tmp_path / "a.yaml") in error["message"]


def test_one_file_named_twice_is_no_repeated_id(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD)
    assert Outcome(tmp_path, tmp_path / "a.yaml").code == Outcome(tmp_path).code


# --- Policies -----------------------------------------------------------------------------------------------


def test_other_policies_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "none.rego").write_text(
        "package ai.model_registry\n\n# METADATA\n# title: Nothing passes\n# description: For a test.\n"
        "# custom:\n#   id: nothing-passes\n#   control: A.2.2\n#   severity: blocker\n#   fix: Do nothing.\n"
        'deny contains msg if {\n\tmsg := "no"\n}\n'
    )
    outcome = Outcome(ARTICLE, "--policies", tmp_path)
    assert [denial["rule"] for denial in outcome.report["denials"]] == ["nothing-passes"]
    assert outcome.code == 1


def test_without_policies_nothing_is_judged(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        Outcome(ARTICLE, "--policies", tmp_path)
    assert caught.value.returncode == 2


# --- Output -------------------------------------------------------------------------------------------------


def test_text_has_a_line_for_each_finding_and_its_way_out(tmp_path: Path) -> None:
    denied, broken = tmp_path / "a.yaml", tmp_path / "b.yaml"
    denied.write_text(article("  impact_assessment_id: IA-2026-014\n", ""))
    broken.write_text(HEAD + "ownr: b\n")
    outcome = Outcome(tmp_path, format="text")
    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"{denied}: pii-needs-assessment [")
    assert "] blocker " in lines[0]
    assert "(policies/ai/model_registry.rego:" in lines[0]
    assert lines[1].startswith("    ")
    assert lines[-1].startswith(f"{broken}:4:1: “ownr” is not a key of the record")
    assert outcome.err == "2 files: 0 allowed, 1 denied, 1 with errors.\n"


def test_any_number_of_jobs_says_the_same_in_the_same_order(many: Path) -> None:
    policies = PolicySet.load(ROOT / "policies")
    alone = list(validate([str(many)], policies, 1))
    assert {report.verdict for report in alone} == {"allow", "deny", "error"}
    assert list(validate([str(many)], policies, 2)) == alone
    assert list(validate([str(many)], policies, 5)) == alone


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "registry", "validate", *map(str, arguments)]


def test_no_database_is_needed(many: Path) -> None:
    unreachable = os.environ | {"DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/nowhere"}
    words = command(many, "--format", "json", "--jobs", "2")
    done = subprocess.run(words, env=unreachable, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(json.loads(done.stdout)) == 3 * BATCH
    assert done.stderr.startswith(f"{3 * BATCH} files: ")


def test_a_terminal_gets_progress_on_one_line_and_a_pipe_none(many: Path) -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(command(many, "--format", "json"), stdout=subprocess.PIPE, stderr=end) as running:
        os.close(end)
        assert running.stdout is not None
        out = running.stdout.read()
    seen = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert len(json.loads(out)) == 3 * BATCH
    assert "\r\x1b[K" in seen
    assert seen.count("\n") == 1


def test_wrong_arguments_are_unusable() -> None:
    done = subprocess.run(command(ARTICLE, "--format", "xml"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(many: Path) -> None:
    """`registry validate … | head`: no trace of Python, and no process left behind."""
    command = [sys.executable, "manage.py", "registry", "validate", str(many), "--format", "sarif"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.read(20)
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=60) == 2
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
