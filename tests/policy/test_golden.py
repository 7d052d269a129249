"""The article's three rules answer exactly as a real OPA did, and never let a wrong type through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aims.policy.policies import PolicySet
from tests.policy.records import ARTICLE_RULES, POLICIES, article_record

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "article-rules.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    return PolicySet.load(POLICIES)


def article_ids(policies: PolicySet, record: dict[str, Any]) -> set[str]:
    return {denial.rule for denial in policies.judge(record).denials} & ARTICLE_RULES


@pytest.mark.parametrize("vector", GOLDEN, ids=lambda vector: vector["input"].get("id", "without-id"))
def test_golden(policies: PolicySet, vector: dict[str, Any]) -> None:
    assert article_ids(policies, vector["input"]) == set(vector["deny"])


def test_there_are_golden_vectors() -> None:
    assert len(GOLDEN) == 240


def test_the_articles_record_is_allowed(policies: PolicySet) -> None:
    verdict = policies.judge(article_record())
    assert verdict.decision == "allow"
    assert not verdict.blockers


def test_the_articles_messages(policies: PolicySet) -> None:
    record = article_record()
    record["governance"] = {}
    assert [denial.message for denial in policies.judge(record).blockers] == [
        'model "claude-rag-assistant" handles PII but has no impact assessment',
        'high-risk model "claude-rag-assistant" missing DPO approval',
        'model "claude-rag-assistant" has no review date',
    ]


@pytest.mark.parametrize("value", [None, "", "  ", 0, 1, True, False, [], ["IA-1"], {}, {"id": "IA-1"}])
@pytest.mark.parametrize(
    ("field", "rule"),
    [("impact_assessment_id", "pii-needs-assessment"), ("last_reviewed", "production-needs-review-date")],
)
def test_what_is_no_text_is_absent(policies: PolicySet, field: str, rule: str, value: Any) -> None:
    record = article_record()
    record["governance"][field] = value
    assert article_ids(policies, record) == {rule}


@pytest.mark.parametrize(
    "value", [None, "", "dpo", ["DPO"], [["dpo"]], [{"role": "dpo"}], {"role": "dpo"}, {"dpo": True}, 7, True]
)
def test_what_is_no_list_with_dpo_is_no_approval(policies: PolicySet, value: Any) -> None:
    record = article_record()
    record["governance"]["approved_by"] = value
    assert article_ids(policies, record) == {"high-risk-needs-dpo"}


@pytest.mark.parametrize("governance", [None, "dpo", [], ["dpo"], 3, {}])
def test_without_governance_all_three_speak(policies: PolicySet, governance: Any) -> None:
    record = article_record()
    record["governance"] = governance
    assert article_ids(policies, record) == ARTICLE_RULES
