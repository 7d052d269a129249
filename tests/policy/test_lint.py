"""What is wrong with a policy is found before it judges anything, at its place, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from aims.policy.findings import PolicyError
from aims.policy.lint import lint
from aims.policy.policies import DENIAL_PACKAGE, PolicySet
from aims.policy.syntax import parse
from tests.policy.records import POLICIES, rule_text, write_policy

ARTICLE = """\
package ai.model_registry

default allow := false

deny contains msg if {
    input.deployment.environment == "production"
    input.classification.data_sensitivity == "pii"
    not input.governance.impact_assessment_id
    msg := sprintf("model %q handles PII but has no impact assessment", [input.id])
}

deny contains msg if {
    input.deployment.environment == "production"
    input.classification.risk_tier == "high"
    not "dpo" in input.governance.approved_by
    msg := sprintf("high-risk model %q missing DPO approval", [input.id])
}

allow if {
    count(deny) == 0
}
"""


def checks(*sources: str) -> list[tuple[str, int, int]]:
    """The check, line and column of each finding."""
    modules = [parse(f"own/{number}.rego", source) for number, source in enumerate(sources)]
    return [(finding.check, finding.line, finding.column) for finding in lint(modules, DENIAL_PACKAGE)]


def in_rule(condition: str) -> list[tuple[str, int, int]]:
    """Findings in a deny rule with this condition; it stands on line 10, after a tab."""
    text = rule_text("x", "PLACE").replace("PLACE", f'\t{condition}\n\tmsg := "x"')
    return checks(f"package {DENIAL_PACKAGE}\n\n{text}")


def test_the_shipped_policies_are_clean() -> None:
    PolicySet.load(POLICIES)


def test_the_articles_own_policy_is_refused_for_its_traps() -> None:
    found = [finding for finding in checks(ARTICLE) if finding[0] != "metadata"]
    assert found == [("empty-counts-as-present", 8, 5), ("fail-open", 15, 18)]


@pytest.mark.parametrize(
    ("condition", "check", "column"),
    [
        ('not "dpo" in input.governance.approved_by', "fail-open", 15),
        ('not startswith(input.id, "x")', "fail-open", 17),
        ("not count(input.approved_by) > 0", "fail-open", 12),
        ("not input.residual < 3", "fail-open", 6),
        ('not input.stage != "x"', "fail-open", 6),
        ("not input.a + 1 == 2", "fail-open", 6),
        ("not [input.a] == []", "fail-open", 7),
        ("not data.levels[input.tier]", "fail-open", 18),
        ('by := input.approved_by; not "dpo" in by', "fail-open", 40),
        ("by := input.approved_by; not by", "fail-open", 27),
        ('some source in input.sources; not startswith(source.name, "a")', "fail-open", 47),
        ('input.stage != "retired"', "fail-open", 2),
        ("count(input.approved_by) == 0", "fail-open", 8),
        ("not input.governance.last_reviewed", "empty-counts-as-present", 2),
        ('not input["governance"].last_reviewed', "empty-counts-as-present", 2),
        ("some source in input.sources; not source.license", "empty-counts-as-present", 32),
        ("every source in input.sources { not source.license }", "empty-counts-as-present", 34),
        ("[1 | not input.a] == [1]", "empty-counts-as-present", 7),
        ("foo.bar(input.a)", "unknown-builtin", 2),
        ("starts_with(input.a, 3)", "unknown-builtin", 2),
        ('http.send({"url": "x"})', "forbidden-builtin", 2),
        ("opa.runtime()", "forbidden-builtin", 2),
        ('rand.intn("a", 3) == 1', "forbidden-builtin", 2),
    ],
)
def test_trap(condition: str, check: str, column: int) -> None:
    assert (check, 11, column) in in_rule(condition)


@pytest.mark.parametrize(
    "condition",
    [
        'not "dpo" in object.get(input, ["governance", "approved_by"], [])',
        'not input.stage == "retired"',
        "not count([x | some x in input.list]) > 0",
        'by := object.get(input, ["approved_by"], []); not "dpo" in by',
        "some reader in input.readers; not is_string(reader)",
        "reader := input.readers[_]; not is_string(reader)",
        'input.stage == "production"',
        "count([x | some x in input.list]) == 0",
        "print(input.x)",
    ],
)
def test_portable_form(condition: str) -> None:
    assert in_rule(condition) == []


def with_helpers(condition: str, helpers: str) -> list[str]:
    text = rule_text("x", f'{condition}\nmsg := "x"')
    return [check for check, _, _ in checks(f"package {DENIAL_PACKAGE}\n\n{text}\n{helpers}")]


@pytest.mark.parametrize(
    "helpers",
    [
        "default by := []\n\nby := input.by if is_array(input.by)\n",
        'by := object.get(input, ["by"], [])\n',
        "by := [x | some x in input.by]\n",
        "by contains x if some x in input.by\n",
        "by := input.by if {\n\tis_array(input.by)\n} else := []\n",
    ],
)
def test_a_helper_that_always_has_a_value(helpers: str) -> None:
    assert with_helpers('not "dpo" in by', helpers) == []


@pytest.mark.parametrize("helpers", ["by := input.by\n", "by := x if x := input.by\n", "by := [input.by]\n"])
def test_a_helper_that_may_have_none(helpers: str) -> None:
    assert with_helpers('not "dpo" in by', helpers) == ["fail-open"]


def test_a_helper_rule_may_be_negated() -> None:
    assert with_helpers("not has_dpo", 'has_dpo if "dpo" in input.by\n') == []


def test_columns_count_characters_not_bytes() -> None:
    assert in_rule('input.a == "Größe 日本"; not input.b') == [("empty-counts-as-present", 11, 25)]


# Recursion


@pytest.mark.parametrize(
    ("sources", "lines"),
    [
        (["package a\n\nf(x) := f(x)\n"], [3]),
        (["package a\n\np if q\n\nq if p\n"], [3, 5]),
        (["package a\n\np if data.a.p\n"], [3]),
        (["package a\n\np if data.a\n"], [3]),
        (["package a\n\np if data[input.x]\n"], [3]),
        (
            [
                "package a\n\nimport data.b\n\np if b.q\n",
                "package b\n\nimport data.a as other\n\nq if other.p\n",
            ],
            [5, 5],
        ),
        (["package a\n\np := {x | some x in input.l; not q}\n\nq if count(p) > 3\n"], [3, 5]),
    ],
    ids=["function", "two-rules", "by-path", "own-package", "computed", "two-files", "comprehension"],
)
def test_recursion(sources: list[str], lines: list[int]) -> None:
    assert [line for check, line, _ in checks(*sources) if check == "recursion"] == lines


@pytest.mark.parametrize(
    "source",
    [
        "package a\n\nf(x) := x\n\np := f(f(1))\n",
        "package a\n\np if {\n\tsome q in input.l\n\tq == 1\n}\n\nq if p\n",
        "package a\n\nf(p) := p\n\np := f(1)\n",
        "package a\n\np if {\n\tq := 1\n\tq == 1\n}\n\nq if p\n",
        "package a\n\np if data.b.x\n",
    ],
    ids=["nested-calls", "some", "argument", "assigned", "other-package"],
)
def test_no_recursion(source: str) -> None:
    assert checks(source) == []


def test_a_function_that_calls_itself_never_reaches_the_engine(tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", rule_text("x", 'f(1) == 1\nmsg := "x"'), "f(x) := f(x + 1)\n")
    with pytest.raises(PolicyError, match="depends on itself: f → f"):
        PolicySet.load(folder)


# METADATA


GOOD = rule_text("x", 'input.x\nmsg := "x"')


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# METADATA\n", "", "no METADATA block"),
        ("# METADATA\n", "# METADATA\n# a: [\n", "not valid YAML"),
        ("# title: Something holds\n", "", "lacks title"),
        ("#   id: x\n", "", "lacks custom.id"),
        ("#   id: x\n", "#   id: 7\n", "lacks custom.id, as text"),
        ("#   control: A.5.3\n", "", "lacks custom.control"),
        ("#   severity: blocker\n", "", "lacks custom.severity"),
        ("#   severity: blocker\n", "#   severity: fatal\n", "severity of a deny rule is blocker"),
        ("#   severity: blocker\n", "#   severity: warning\n", "severity of a deny rule is blocker"),
        ("deny contains", "warn contains", "severity of a warn rule is warning"),
        ("#   fix: Do something about it.\n", '#   fix: " "\n', "lacks custom.fix"),
        ("deny contains msg if", "deny := msg if", "has to be a set"),
        ("deny contains msg if", "deny[msg] := true if", "has to be a set"),
        ('deny contains msg if {\ninput.x\nmsg := "x"\n}', 'deny contains "x"', "no condition"),
        ("deny contains msg if", "deny contains other if", "`other` never gets a value"),
        ("deny contains msg if", "deny__1 contains msg if", "belong to the portal"),
    ],
)
def test_what_a_rule_has_to_say_about_itself(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    folder = write_policy(tmp_path / "own", GOOD.replace(old, new))
    with pytest.raises(PolicyError, match=message):
        PolicySet.load(folder)


def test_rules_of_other_packages_need_no_metadata() -> None:
    assert checks('package other\n\ndeny contains "x" if input.x\n') == []


def test_one_id_for_two_rules(tmp_path: Path) -> None:
    other = GOOD.replace("Something holds", "Something else holds")
    with pytest.raises(PolicyError, match=r"own/own.rego:22:1: The id x already stands .* own/own.rego:10"):
        PolicySet.load(write_policy(tmp_path / "own", GOOD, other))


def test_a_block_describes_the_next_statement_only() -> None:
    source = f"package {DENIAL_PACKAGE}\n\n" + GOOD.replace(
        "deny contains", "helper if input.y\n\ndeny contains"
    )
    assert checks(source) == [("metadata", 12, 1)]


def test_every_finding_says_what_to_do() -> None:
    findings = lint([parse("own/own.rego", ARTICLE)], DENIAL_PACKAGE)
    assert findings
    assert all(finding.fix for finding in findings)
