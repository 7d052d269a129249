"""`registry validate` as CI systems and code hosts read it, and as it reads standard input."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from aims.policy.policies import PolicySet
from aims.policy.verdict import Denial
from registry.management.reports import FORMATS, Context, Places
from registry.schema import Record
from registry.validation import FileReport
from registry.yaml_document import Problem
from tests.registry.test_validate import ARTICLE, HEAD, ROOT, Outcome, article

POLICIES = PolicySet.load(ROOT / "policies")

COMMAND = re.compile(r"::(error|warning) file=([^,]*),line=(\d+),col=(\d+),title=([^,:]*)::(.*)")


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a fine record, one denied twice, and a broken one; the command runs inside it."""
    models = tmp_path / "models"
    models.mkdir()
    text = article("  approved_by: [cto, dpo]\n", "  approved_by: [cto]\n")
    (models / "a.yaml").write_text(article())
    (models / "b.yaml").write_text(
        text.replace("claude-rag-assistant\n", "second\n").replace(
            "  impact_assessment_id: IA-2026-014\n", ""
        )
    )
    (models / "c, 100%: odd.yaml").write_text(HEAD + "ownr: b\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def written(format: str, *reports: FileReport) -> str:
    out: list[str] = []
    FORMATS[format](reports, out.append, Context(POLICIES, Places(POLICIES)))
    return "".join(out)


# --- Places -------------------------------------------------------------------------------------------------


def test_every_field_that_a_rule_names_is_one_of_the_record() -> None:
    known = Record.model_json_schema()

    def at(schema: dict[str, Any], path: list[str]) -> bool:
        schema = known["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return not path or (path[0] in schema["properties"] and at(schema["properties"][path[0]], path[1:]))

    fields = [rule.field for rule in POLICIES.rules if rule.field]
    assert len(fields) > 20
    assert [field for field in fields if not at(known, field.split("."))] == []


def test_a_rule_without_a_field_speaks_at_the_first_line() -> None:
    denial = Denial("no-such-rule", "no", "A.2.2", "blocker", "policies/x.rego:1", "Do.")
    report = FileReport(str(ARTICLE), "a", "deny", (denial,))
    assert Places(POLICIES).of(report) == [(denial, 1, 1)]


def test_a_file_that_is_gone_by_now_is_told_at_the_first_line(tmp_path: Path) -> None:
    denial = Denial("high-risk-needs-dpo", "no", "A.2.2", "blocker", "policies/x.rego:1", "Do.")
    report = FileReport(str(tmp_path / "gone.yaml"), "a", "deny", (denial,))
    assert Places(POLICIES).of(report) == [(denial, 1, 1)]


# --- GitHub -------------------------------------------------------------------------------------------------


def test_github_gets_an_annotation_at_the_line_of_each_finding(mixed: Path) -> None:
    outcome = Outcome("models", format="github")
    assert outcome.code == 2
    found = [COMMAND.fullmatch(line) for line in outcome.out.splitlines()]
    assert all(found)
    told = {(match[2], match[5]): match for match in found if match}
    denied = told["models/b.yaml", "high-risk-needs-dpo [A.6.2.5]"]
    assert denied[1] == "error"
    assert int(denied[3]) == line_of(mixed / "models/b.yaml", "approved_by")
    assert "missing DPO approval%0ASubmit the system" in denied[6]
    missing = told["models/b.yaml", "pii-needs-assessment [A.5.3]"]
    assert int(missing[3]) == line_of(mixed / "models/b.yaml", "governance:") + 1
    assert told["models/a.yaml", "high-risk-needs-security [A.6.2.5]"][1] == "warning"
    broken = told["models/c%2C 100%25%3A odd.yaml", "record-unusable"]
    assert (broken[1], broken[3], broken[4]) == ("error", "4", "1")


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)


@given(file=TEXT, message=TEXT)
def test_nothing_in_a_record_can_forge_a_command(file: str, message: str) -> None:
    problem = Problem(1, 1, f"{message}\n::error::forged")
    lines = written("github", FileReport(f"{file}\r\n::error", None, "error", (), (problem,))).split("\n")
    assert lines[1:] == [""]
    assert COMMAND.fullmatch(lines[0])


# --- JUnit --------------------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_file(mixed: Path) -> None:
    outcome = Outcome("models", format="junit")
    assert outcome.code == 2
    suite = ElementTree.fromstring(outcome.out)
    assert suite.tag == "testsuite"
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert {"name", "timestamp", "hostname", "time"} <= set(suite.keys())
    # What the schemas of Ant and Jenkins both allow, in their order.
    assert [part.tag for part in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    fine, denied, broken = suite.iter("testcase")
    assert (fine.get("name"), list(fine)) == ("models/a.yaml", [])
    (failure,) = denied
    assert failure.tag == "failure"
    assert failure.get("type") == "pii-needs-assessment, high-risk-needs-dpo"
    assert "missing DPO approval" in (failure.text or "")
    assert "Submit the system" in (failure.text or "")
    (error,) = broken
    assert error.tag == "error"
    assert (error.get("message") or "").startswith("4:1: “ownr” is not a key")
    assert "models/a.yaml: high-risk-needs-security" in (suite.findtext("system-out") or "")


@given(st.text())
def test_junit_is_xml_whatever_a_record_says(text: str) -> None:
    denials = tuple(
        Denial(f"rule{text}", f"m{text}", text, severity, text, text)  # type: ignore[arg-type]
        for severity in ("blocker", "warning")
    )
    reports = (
        FileReport(f"f{text}", "a", "deny", denials),
        FileReport(f"f{text}", None, "error", (), (Problem(1, 1, text),)),
    )
    suite = ElementTree.fromstring(written("junit", *reports).encode())
    assert len(suite.findall("testcase")) == 2


# --- SARIF --------------------------------------------------------------------------------------------------


def test_sarif_has_a_result_for_each_finding(mixed: Path) -> None:
    outcome = Outcome("models", format="sarif")
    assert outcome.code == 2
    log = json.loads(outcome.out)
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert set(run) == {"tool", "columnKind", "results", "invocations"}
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == len(POLICIES.rules) + 1
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
    places = {
        (unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]), result["ruleId"]): (
            result["level"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in run["results"]
    }
    denied = mixed / "models/b.yaml"
    assert places["models/b.yaml", "high-risk-needs-dpo"] == ("error", line_of(denied, "approved_by"))
    assert places["models/c, 100%: odd.yaml", "record-unusable"] == ("error", 4)
    assert places["models/a.yaml", "rag-pii-erasure"][0] == "warning"


def test_the_control_and_the_fix_stand_at_the_rule(mixed: Path) -> None:
    (run,) = json.loads(Outcome("models", format="sarif").out)["runs"]
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "high-risk-needs-dpo")
    assert rule["properties"]["control"] == "A.6.2.5"
    assert "data protection officer can sign" in rule["help"]["text"]


def test_sarif_without_findings_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD)
    (run,) = json.loads(Outcome(file, format="sarif").out)["runs"]
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


@given(st.text())
def test_sarif_is_json_whatever_a_record_says(text: str) -> None:
    report = FileReport(f"f{text}", None, "error", (), (Problem(1, 1, text),))
    log = json.loads(written("sarif", report))
    log["runs"][0]["results"][0]["message"]["text"].encode()


# --- All formats --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_ends_as_the_others_do(mixed: Path, format: str) -> None:
    assert Outcome("models/a.yaml", format=format).code == 0
    assert Outcome("models/b.yaml", format=format).code == 1
    assert Outcome("models", format=format).code == 2


# --- Standard input -----------------------------------------------------------------------------------------


def from_standard_input(text: bytes, *arguments: str) -> tuple[int, str, str]:
    words = [sys.executable, str(ROOT / "manage.py"), "registry", "validate", *arguments]
    done = subprocess.run(words, input=text, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_record_comes_from_standard_input() -> None:
    code, out, _err = from_standard_input(article().encode(), "-", "--format", "json")
    (report,) = json.loads(out)
    assert (code, report["file"], report["verdict"]) == (0, "<stdin>", "allow")


def test_it_goes_by_the_name_that_it_is_given_with_its_lines() -> None:
    text = article("  approved_by: [cto, dpo]\n", "  approved_by: [cto]\n")
    code, out, _err = from_standard_input(
        text.encode(), "-", "--stdin-name", "models/a.yaml", "--format", "github"
    )
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "approved_by" in line)
    assert code == 1
    assert f"::error file=models/a.yaml,line={line},col=16,title=high-risk-needs-dpo" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "The file is empty"),
        (HEAD.encode() + b"#" * 2 * 1024 * 1024, "at most 1 MiB"),
        (HEAD.encode() + b"---\n" + HEAD.encode(), "A second document starts here"),
    ],
    ids=["empty", "too-big", "two-documents"],
)
def test_what_is_no_record_is_refused(text: bytes, said: str) -> None:
    code, out, _err = from_standard_input(text, "-", "--format", "json")
    (report,) = json.loads(out)
    assert code == 2
    assert said in report["errors"][0]["message"]


def test_standard_input_is_not_mixed_with_files() -> None:
    code, out, err = from_standard_input(b"", "-", str(ARTICLE))
    assert (code, out) == (2, "")
    assert "cannot be mixed" in err


def test_other_policies_judge_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "none.rego").write_text(
        "package ai.model_registry\n\n# METADATA\n# title: Nothing passes\n# description: For a test.\n"
        "# custom:\n#   id: nothing-passes\n#   control: A.2.2\n#   severity: blocker\n#   field: contact\n"
        '#   fix: Do nothing.\ndeny contains msg if {\n\tmsg := "no"\n}\n'
    )
    outcome = Outcome(ARTICLE, "--policies", tmp_path, format="sarif")
    (run,) = json.loads(outcome.out)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["record-unusable", "nothing-passes"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == line_of(ARTICLE, "contact:")
    assert outcome.code == 1
