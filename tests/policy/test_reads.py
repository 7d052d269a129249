"""Which places of a document an answer depends on, and that answers are kept by nothing else."""

from pathlib import Path
from typing import Any

import pytest

from aims.policy.policies import PolicySet, shipped
from aims.policy.reads import places_read, value_at
from aims.policy.scope import Scope
from aims.policy.syntax import parse
from tests.policy.records import rule_text, write_policy


def places(*modules: str, path: str = "data.p.answer") -> tuple[tuple[str, ...], ...] | None:
    return places_read(Scope([parse(f"{number}.rego", text) for number, text in enumerate(modules)]), path)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('answer if input.a.b == "x"', (("a", "b"),)),
        ('answer if input["a"].b', (("a", "b"),)),
        ("answer if input.list[_].pii", (("list",),)),
        ("answer if input.list[0].pii", (("list",),)),
        ("answer if { some key; input[key] }", None),
        ('answer := object.get(input, ["a", "b"], null)', (("a", "b"),)),
        ('answer := object.get(input, "a", null)', (("a",),)),
        ("answer := object.get(input, input.way, null)", None),
        ('answer := object.get(input.a, ["b"], null)', (("a",),)),
        ("answer if count(input) > 1", None),
        ("answer if f(input.a)\nf(value) if value.b", (("a",),)),
        ("answer if f(input)\nf(value) if value.b", None),
        ("answer if helper\nhelper if input.deep\n", (("deep",),)),
        ("answer if not helper\ndefault helper := false\nhelper if input.deep", (("deep",),)),
        ("answer contains x if some x in input.xs\nanswer contains y if y := input.y", (("xs",), ("y",))),
        ("answer if helper with input as {}\nhelper if input.deep", None),
        ("answer if time.now_ns() > input.t", None),
        ("answer := 1", ()),
    ],
)
def test_places(body: str, expected: Any) -> None:
    assert places(f"package p\n{body}\n") == expected


def test_rules_of_other_packages_are_followed() -> None:
    asked = "package p\nimport data.q\nanswer if q.helper\n"
    assert places(asked, "package q\nhelper if input.deep\n") == (("deep",),)
    assert places("package p\nanswer if data.q.helper\n", "package q\nhelper if input.deep\n") == (("deep",),)


def test_a_loop_of_rules_ends() -> None:
    assert places("package p\nanswer if other\nother if { answer; input.a }\n") == (("a",),)


def test_null_is_told_from_absent() -> None:
    assert value_at({"a": None}, ("a",)) == [None]
    assert value_at({}, ("a",)) is None
    assert value_at({"a": [1]}, ("a", "b")) is None


def test_who_must_sign_depends_on_the_classification_alone() -> None:
    found = places_read(shipped()._scope, "data.ai.signoffs.required")
    assert found is not None
    assert {place[:2] for place in found} <= {("subject",), ("record", "classification")}


def test_an_answer_is_kept_for_documents_that_agree_where_the_rule_looks(tmp_path: Path) -> None:
    own = 'value := object.get(input, ["a"], 0)\nsecond := [input.b, value]\n'
    policies = PolicySet.load(write_policy(tmp_path / "own", rule_text("x", 'input.x\nmsg := "x"'), own))

    def ask(path: str, **document: Any) -> Any:
        return policies.query(f"data.ai.model_registry.{path}", document)

    assert [ask("value", a=1), ask("value", a=1, b=2), ask("value", a=True), ask("value")] == [1, 1, True, 0]
    assert [ask("value", a="1"), ask("value", a=1)] == ["1", 1]
    assert [ask("second", a=1, b=2), ask("second", a=2, b=2), ask("second", a=2, b=1)] == [
        [2, 1],
        [2, 2],
        [1, 2],
    ]


def test_whoever_changes_an_answer_changes_their_own(tmp_path: Path) -> None:
    own = 'value := {"list": [input.a]}\n'
    policies = PolicySet.load(write_policy(tmp_path / "own", rule_text("x", 'input.x\nmsg := "x"'), own))
    policies.query("data.ai.model_registry.value", {"a": 1})["list"].append(2)
    assert policies.query("data.ai.model_registry.value", {"a": 1}) == {"list": [1]}
