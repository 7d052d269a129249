"""What a verdict says, and that whatever goes wrong is never an allow."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from aims.policy import engine
from aims.policy.findings import PolicyError
from aims.policy.policies import PolicySet
from aims.policy.verdict import Denial, Verdict
from tests.policy.records import POLICIES, article_record, rule_text, write_policy


@pytest.fixture(scope="module")
def shipped() -> PolicySet:
    return PolicySet.load(POLICIES)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# Verdicts


def test_a_blocker_denies(tmp_path: Path) -> None:
    policies = PolicySet.load(
        write_policy(tmp_path / "own", rule_text("no-x", 'input.x == 1\nmsg := "x is set"'))
    )
    assert policies.judge({"x": 1}) == Verdict(
        "deny", (Denial("no-x", "x is set", "A.5.3", "blocker", "own/own.rego:10", "Do something about it."),)
    )


def test_a_warning_allows(tmp_path: Path) -> None:
    text = rule_text("no-x", 'input.x == 1\nmsg := "x is set"', head="warn contains msg", severity="warning")
    other = rule_text("no-y", 'input.y == 1\nmsg := "y is set"')
    verdict = PolicySet.load(write_policy(tmp_path / "own", text, other)).judge({"x": 1})
    assert verdict.decision == "allow"
    assert [denial.rule for denial in verdict.warnings] == ["no-x"]
    assert verdict.blockers == ()


def test_blockers_come_first_then_the_order_of_the_file(tmp_path: Path) -> None:
    warning = rule_text("w", 'msg := "w"', head="warn contains msg", severity="warning")
    folder = write_policy(
        tmp_path / "own",
        warning,
        rule_text("b", 'some msg in {"2", "1"}'),
        rule_text("a", 'msg := "a"'),
    )
    denials = PolicySet.load(folder).judge({}).denials
    assert [(denial.rule, denial.message) for denial in denials] == [
        ("b", "1"),
        ("b", "2"),
        ("a", "a"),
        ("w", "w"),
    ]


def test_two_bodies_of_one_rule_say_the_same_once(tmp_path: Path) -> None:
    texts = [rule_text("x", f'input.{field}\nmsg := "x or y"') for field in ("x", "y")]
    policies = PolicySet.load(write_policy(tmp_path / "own", *texts))
    assert [rule.id for rule in policies.rules] == ["x"]
    assert [denial.source for denial in policies.judge({"x": 1, "y": 1}).denials] == ["own/own.rego:10"]
    assert [denial.source for denial in policies.judge({"y": 1}).denials] == ["own/own.rego:22"]


@pytest.mark.parametrize(
    "head",
    [
        "deny contains msg",
        "deny   contains\tmsg",
        "deny contains\n\tmsg # “why” – naïve, 日本\n",
        'deny contains sprintf("é %v", [msg])',
        'deny contains concat(\n\t", ",\n\t[msg],\n)',
    ],
)
def test_attribution_survives_layout_and_non_ascii_text(tmp_path: Path, head: str) -> None:
    before = "# Größe, 漢字, 🙂\n" + rule_text("first", 'input.a == "日本"\nmsg := "é"')
    text = rule_text("second", 'input.b == "ß"\nmsg := "ü"', head=head)
    folder = write_policy(tmp_path / "own", before, text)
    source = (folder / "own.rego").read_text(encoding="utf-8").split("\n")
    line = [number for number, line in enumerate(source, 1) if line.startswith("deny")][1]
    denials = PolicySet.load(folder).judge({"a": "日本", "b": "ß"}).denials
    assert [(denial.rule, denial.source) for denial in denials][1] == ("second", f"own/own.rego:{line}")


def test_rules_may_ask_what_others_denied(tmp_path: Path) -> None:
    warning = rule_text(
        "many", 'count(deny) > 1\nmsg := "many"', head="warn contains msg", severity="warning"
    )
    folder = write_policy(
        tmp_path / "own", rule_text("a", 'msg := "a"'), rule_text("b", 'msg := "b"'), warning
    )
    policies = PolicySet.load(folder)
    assert [denial.rule for denial in policies.judge({}).denials] == ["a", "b", "many"]
    assert policies.query("data.ai.model_registry.deny", {}) == ["a", "b"]


def test_rules_of_one_package_may_stand_in_several_files(tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", rule_text("a", 'msg := "a"'), name="a.rego")
    write_policy(folder / "sub", rule_text("b", 'msg := "b"'), name="b.rego")
    denials = PolicySet.load(folder).judge({}).denials
    assert [denial.source for denial in denials] == ["own/a.rego:10", "own/sub/b.rego:10"]


# Errors


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        {"\udfff": 1},
        nested(200),
        nested(100_000),
        float("nan"),
        float("inf"),
        {1, 2},
        b"x",
        object(),
    ],
    ids=["surrogate", "surrogate-key", "deep", "very-deep", "nan", "inf", "set", "bytes", "object"],
)
def test_a_document_that_is_no_json_is_an_error(shipped: PolicySet, value: Any) -> None:
    verdict = shipped.judge({**article_record(), "name": value})
    assert verdict.decision == "error"
    assert verdict.error


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_a_document_that_is_no_object_is_never_allowed(shipped: PolicySet, document: Any) -> None:
    assert shipped.judge(document).decision == "error"


def test_after_an_error_the_next_record_is_judged(shipped: PolicySet) -> None:
    assert shipped.judge({"name": "\ud800"}).decision == "error"
    assert shipped.judge(article_record()).decision == "allow"


def test_an_engine_error_in_one_rule_is_an_error(tmp_path: Path) -> None:
    text = rule_text("x", 'startswith(input.x, "a")\nmsg := "x"')
    verdict = PolicySet.load(write_policy(tmp_path / "own", text)).judge({"x": 7})
    assert verdict == Verdict.failed(
        "own/own.rego:11:17: `startswith` expects string argument. Got `7` instead"
    )


def test_a_message_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    text = rule_text("x", 'input.x\nmsg := {"x": input.x}')
    verdict = PolicySet.load(write_policy(tmp_path / "own", text)).judge({"x": 7})
    assert verdict == Verdict.failed("The rule at own/own.rego:10 gave a message that is no text.")


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        engine.failure(KeyboardInterrupt())


# Queries


def test_query_answers_with_sorted_lists_for_sets(shipped: PolicySet) -> None:
    question = {"subject": "system", "record": article_record(), "assessment": None}
    answer = shipped.query("data.ai.signoffs.required", question)
    assert [entry["role"] for entry in answer] == ["cto", "dpo", "dpo", "security"]
    assert answer == sorted(answer, key=lambda entry: (entry["role"], entry["why"]))


@pytest.mark.parametrize("path", ["data.ai.signoffs.nothing", "data.nowhere.at_all", "no path"])
def test_a_query_without_an_answer_is_an_error(shipped: PolicySet, path: str) -> None:
    with pytest.raises(PolicyError, match="no answer"):
        shipped.query(path, {})


def test_an_undefined_answer_is_an_error(tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", rule_text("x", 'input.x\nmsg := "x"'), "value := input.value\n")
    policies = PolicySet.load(folder)
    assert policies.query("data.ai.model_registry.value", {"value": [1]}) == [1]
    with pytest.raises(PolicyError, match="undefined"):
        policies.query("data.ai.model_registry.value", {})


# What policies may not reach


@pytest.mark.parametrize(
    "call",
    [
        'http.send({"method": "get", "url": "http://127.0.0.1/"})',
        "opa.runtime()",
        'rand.intn("a", 9)',
        'uuid.rfc4122("a")',
    ],
)
def test_the_outside_is_out_of_reach(call: str) -> None:
    asked = engine.new_engine([("own.rego", f"package own\n\nanswer := {call}\n")], lambda: 0)
    engine.set_document(asked, {})
    with pytest.raises(RuntimeError, match="is not available to policies"):
        engine.evaluate(asked, "data.own.answer")


def test_the_clock_is_the_callers() -> None:
    source = "package own\n\nanswer := [time.now_ns(), time.now_ns()]\n"
    asked = engine.new_engine([("own.rego", source)], lambda: 42)
    engine.set_document(asked, {})
    assert engine.evaluate(asked, "data.own.answer") == [42, 42]


# Threads


def test_any_number_of_threads_ask_one_set(shipped: PolicySet) -> None:
    expected = shipped.judge(article_record())
    verdicts: list[Verdict] = []

    def ask() -> None:
        verdicts.extend(shipped.judge(article_record()) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [expected] * 80
