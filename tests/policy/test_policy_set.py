"""What a set of policies says about itself, and when it refuses to be one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.test import override_settings

from aims.policy.findings import PolicyError
from aims.policy.policies import PolicySet, shipped
from tests.policy.records import ARTICLE_RULES, POLICIES, PROJECT, rule_text, write_policy

CATALOGUE = PROJECT / "aims" / "controls" / "catalogue" / "iso42001-annex-a.yaml"


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    return PolicySet.load(POLICIES)


def test_every_rule_names_a_control_of_annex_a(policies: PolicySet) -> None:
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    controls = {control["ref"] for control in catalogue["controls"]}
    assert {rule.control for rule in policies.rules} <= controls


def test_every_rule_explains_itself(policies: PolicySet) -> None:
    assert {rule.id for rule in policies.rules} >= ARTICLE_RULES
    for rule in policies.rules:
        assert rule.title, rule.id
        assert rule.description.endswith("."), rule.id
        assert rule.fix.endswith("."), rule.id
        assert not rule.title.endswith("."), rule.id


def test_every_rule_stands_where_it_says(policies: PolicySet) -> None:
    for rule in policies.rules:
        line = (PROJECT / rule.file).read_text(encoding="utf-8").split("\n")[rule.line - 1]
        assert line.startswith(("deny contains", "warn contains")), rule.source


def test_modules_are_the_files_without_their_tests(policies: PolicySet) -> None:
    assert "policies/ai/model_registry.rego" in policies.modules
    assert not [name for name in policies.modules if name.endswith("_test.rego")]
    name = "policies/ai/signoffs.rego"
    assert policies.modules[name] == (PROJECT / name).read_text(encoding="utf-8")


def test_the_revision_follows_names_and_texts_alone(tmp_path: Path) -> None:
    text = rule_text("x", 'msg := "x"')
    first = PolicySet.load(write_policy(tmp_path / "a" / "own", text)).revision
    same = PolicySet.load(write_policy(tmp_path / "b" / "own", text)).revision
    other_text = PolicySet.load(write_policy(tmp_path / "c" / "own", text + "\n")).revision
    other_name = PolicySet.load(write_policy(tmp_path / "d" / "own", text, name="other.rego")).revision
    assert first == same
    assert len({first, other_text, other_name}) == 3
    assert len(first) == 64


def test_tests_do_not_change_the_revision(tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", rule_text("x", 'msg := "x"'))
    before = PolicySet.load(folder).revision
    write_policy(folder, "test_it if true\n", name="own_test.rego", package="own_test")
    assert PolicySet.load(folder).revision == before


def test_shipped_is_read_once() -> None:
    with override_settings(AIMS_POLICIES=POLICIES):
        assert shipped() is shipped()


# Refusals


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy folder"):
        PolicySet.load(tmp_path / "missing")


def test_no_policy_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy"):
        PolicySet.load(tmp_path)


def test_no_deny_rule_would_allow_everything(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="all would be allowed"):
        PolicySet.load(write_policy(tmp_path / "own", "x := 1\n"))


def test_all_broken_files_are_named_at_once(tmp_path: Path) -> None:
    folder = write_policy(tmp_path / "own", "deny contains msg if {\n", name="a.rego")
    write_policy(folder, "x := ]\n", name="b.rego")
    (folder / "c.rego").write_bytes(b'package c\n\nx := "\xff"\n')
    with pytest.raises(PolicyError) as refused:
        PolicySet.load(folder)
    assert [(finding.file, finding.line, finding.check) for finding in refused.value.findings] == [
        ("own/a.rego", 4, "syntax"),
        ("own/b.rego", 3, "syntax"),
        ("own/c.rego", 0, "unreadable"),
    ]
    assert "own/a.rego:4:1:" in str(refused.value)


def test_what_only_running_shows_is_told_at_once(tmp_path: Path) -> None:
    text = rule_text("x", 'y == 1\nmsg := "x"')
    with pytest.raises(PolicyError, match=r"cannot judge an empty record.*own/own.rego:11:1.*unsafe"):
        PolicySet.load(write_policy(tmp_path / "own", text))
