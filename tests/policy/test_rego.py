"""Runs every `test_…` rule that stands beside the policies as a test of its own."""

from __future__ import annotations

import pytest

from aims.policy.policies import read
from aims.policy.rego_tests import RegoTest, Runner, discover
from aims.policy.syntax import parse
from tests.policy.records import POLICIES

MODULES, FINDINGS = read(POLICIES, tests=True)


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner(MODULES)


@pytest.mark.parametrize("rego_test", discover(MODULES), ids=lambda test: f"{test.package}.{test.name}")
def test_rego(runner: Runner, rego_test: RegoTest) -> None:
    outcome = runner.run(rego_test)
    assert outcome.result == "pass", f"{rego_test.file}:{rego_test.line} {outcome.message}"


def test_all_policies_and_tests_can_be_read() -> None:
    assert not FINDINGS


@pytest.mark.parametrize(
    ("body", "result"),
    [("1 == 1", "pass"), ("1 == 2", "fail"), ("input.missing", "fail"), ('http.send({"url": ""})', "error")],
)
def test_a_test_passes_only_when_it_is_true(body: str, result: str) -> None:
    modules = [parse("x/own_test.rego", f"package own_test\n\ntest_it if {body}\n")]
    assert Runner(modules).run(discover(modules)[0]).result == result


def test_only_test_rules_of_test_files_are_tests() -> None:
    modules = [
        parse("x/own.rego", "package own\n\ntest_in_a_policy if true\n"),
        parse(
            "x/own_test.rego", "package own_test\n\nhelper if true\n\ntest_it if helper\n\ntest_it if true\n"
        ),
    ]
    assert [test.path for test in discover(modules)] == ["data.own_test.test_it"]
