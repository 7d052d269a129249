"""`manage.py policy`: exit codes, and JSON alone on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.policy.records import POLICIES, rule_text, write_policy

TRAP = rule_text("x", 'not input.a\nmsg := "x"')
FINE = rule_text("x", 'input.a\nmsg := "x"')


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            call_command("policy", *arguments)
        said = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return left.value.code, said.out, said.err

    return run


@pytest.mark.parametrize("subcommand", ["lint", "test"])
def test_the_shipped_policies(run: Any, subcommand: str) -> None:
    code, _, _ = run(subcommand, "--policies", str(POLICIES))
    assert code == 0


def test_lint_findings(run: Any, tmp_path: Path) -> None:
    code, out, err = run("lint", "--policies", str(write_policy(tmp_path / "own", TRAP)))
    assert code == 1
    assert out.startswith("own/own.rego:11:1: `not input.a` lets null")
    assert "1 finding" in err


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_lint_as_json(run: Any, tmp_path: Path, option: list[str]) -> None:
    code, out, _ = run("lint", "--policies", str(write_policy(tmp_path / "own", TRAP)), *option)
    assert code == 1
    (finding,) = json.loads(out)
    assert (finding["file"], finding["line"], finding["column"]) == ("own/own.rego", 11, 1)
    assert finding["check"] == "empty-counts-as-present"
    assert finding["message"]
    assert finding["fix"]


def test_lint_of_a_clean_folder_as_json(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("lint", "--policies", str(write_policy(tmp_path / "own", FINE)), "--json")
    assert (code, json.loads(out)) == (0, [])


def test_lint_of_broken_rego_wins_over_findings(run: Any, tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", TRAP)
    write_policy(folder, "x := ]\n", name="broken_test.rego")
    code, out, _ = run("lint", "--policies", str(folder), "--json")
    assert code == 2
    assert [finding["check"] for finding in json.loads(out)] == ["syntax", "empty-counts-as-present"]


@pytest.mark.parametrize("subcommand", ["lint", "test"])
def test_no_such_folder(run: Any, tmp_path: Path, subcommand: str) -> None:
    code, out, err = run(subcommand, "--policies", str(tmp_path / "missing"), "--json")
    assert (code, json.loads(out)) == (2, [])
    assert "There is no policy folder" in err


def test_failing_tests(run: Any, tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", FINE)
    tests = "test_good if true\n\ntest_bad if false\n\ntest_error if opa.runtime()\n"
    write_policy(folder, tests, name="own_test.rego", package="own_test")
    code, out, err = run("test", "--policies", str(folder))
    assert code == 1
    assert out.splitlines()[0] == "FAIL own/own_test.rego:5: test_bad"
    assert out.splitlines()[1].startswith("ERROR own/own_test.rego:7: test_error: ")
    assert "2 of 3 tests failed" in err


def test_tests_as_json(run: Any, tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", FINE)
    write_policy(folder, "test_good if true\n", name="own_test.rego", package="own_test")
    code, out, _ = run("test", "--policies", str(folder), "--json")
    assert code == 0
    expected = {
        "test": "own_test.test_good",
        "file": "own/own_test.rego",
        "line": 3,
        "result": "pass",
        "message": "",
    }
    assert json.loads(out) == [expected]


def test_no_tests_at_all(run: Any, tmp_path: Path) -> None:
    code, _, err = run("test", "--policies", str(write_policy(tmp_path / "own", FINE)))
    assert code == 2
    assert "There is no test" in err
