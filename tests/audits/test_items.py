"""The twelve items at their edges: true, false, one missing, nothing to count."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from aims.accounts.roles import Role
from audits.checklist import checklist
from audits.items import NO_CONFIRMATION, NO_PRODUCTION, NO_SYSTEMS, RULES, Numbers
from audits.scope import Scope
from audits.scoring import score_of
from tests.audits.conftest import TODAY, confirmation, scope, system

DAY = dt.timedelta(days=1)
CONFIRMED = [key for key, rule in RULES.items() if rule.confirmed_days]
GOOD_SOURCE = {"name": "claims", "source": "Claims", "license": "own", "snapshot": "2026-06"}
GOOD_RAG = {"name": "kb", "versioning": True, "access_logging": True}


def measured(item: str, facts: Scope) -> Numbers:
    return RULES[item].measure(facts)


def confirmed(**columns: Any) -> dict[str, Any]:
    return {"confirmed": {key: confirmation(item=key, **columns) for key in CONFIRMED}}


def test_each_item_of_the_catalogue_has_its_rule_in_this_order() -> None:
    assert [item.key for item in checklist().items] == list(RULES)
    assert len(RULES) == checklist().scoring.total == 12


def test_all_twelve_can_be_true() -> None:
    found = score_of(scope(system(), **confirmed()))
    assert found.score == 12
    assert all(item.numbers.missing == () for item in found.items)


def test_without_systems_nothing_is_true_whatever_was_confirmed() -> None:
    found = score_of(scope(**confirmed()))
    assert found.score == 0
    assert all(NO_SYSTEMS in item.numbers.missing for item in found.items)


# What one system lacks -> the item that is false then.
LACKING: list[tuple[str, dict[str, Any]]] = [
    *(
        ("inventory", {column: ""})
        for column in ("purpose", "data_sensitivity", "risk_tier", "eu_ai_act_tier", "base_model")
    ),
    ("owner_contact", {"contact": " "}),
    ("impact_assessment", {"snapshot": SimpleNamespace(review_due=TODAY - DAY)}),
    ("impact_assessment", {"snapshot": SimpleNamespace(review_due=None)}),
    ("impact_assessment", {"snapshot": None}),
    ("data_provenance", {"training_sources": []}),
    ("data_provenance", {"provider": ""}),
    ("data_provenance", {"training_sources": [GOOD_SOURCE, GOOD_SOURCE | {"snapshot": None}]}),
    ("data_provenance", {"training_sources": [GOOD_SOURCE | {"source": ""}]}),
    ("data_provenance", {"training_sources": [GOOD_SOURCE | {"license": None}]}),
    ("rag_corpus_control", {"rag_sources": [GOOD_RAG, GOOD_RAG | {"versioning": False}]}),
    ("rag_corpus_control", {"rag_sources": [GOOD_RAG | {"access_logging": False}]}),
    ("log_retention_access", {"eu_ai_act_tier": "high", "logs": {"retention_days": 182}}),
    ("log_retention_access", {"logs": {}}),
    ("supplier_due_diligence", {"provider": "", "pk": 3}),
    ("high_risk_signoff", {"risk_tier": "high"}),
    ("high_risk_signoff", {"risk_tier": "critical"}),
    ("high_risk_signoff", {"eu_ai_act_tier": "high"}),
    ("high_risk_signoff", {"risk_tier": ""}),
    ("high_risk_signoff", {"eu_ai_act_tier": ""}),
]


@pytest.mark.parametrize(("item", "columns"), LACKING)
def test_one_system_that_lacks_something_makes_the_item_false(item: str, columns: dict[str, Any]) -> None:
    facts = scope(system(), system(**{"pk": 2, "slug": "lacking"} | columns), **confirmed())
    tasks = {kind: {key: met for key, met in of.items() if key != 3} for kind, of in facts.tasks.items()}
    numbers = measured(item, scope(*facts.systems, tasks=tasks, **confirmed()))
    assert numbers.missing == ("lacking",)
    assert numbers.numerator == numbers.denominator - 1


HOLDING: list[tuple[str, dict[str, Any]]] = [
    ("impact_assessment", {"snapshot": SimpleNamespace(review_due=TODAY)}),
    ("data_provenance", {"training_sources": [GOOD_SOURCE]}),
    (
        "data_provenance",
        {"training_sources": [GOOD_SOURCE | {"license": None, "consent_basis": "contract"}]},
    ),
    ("rag_corpus_control", {"rag_sources": [GOOD_RAG]}),
    ("log_retention_access", {"eu_ai_act_tier": "high", "logs": {"retention_days": 183}}),
]


@pytest.mark.parametrize(("item", "columns"), HOLDING)
def test_at_its_edge_the_item_is_true(item: str, columns: dict[str, Any]) -> None:
    assert measured(item, scope(system(**columns), **confirmed())) == Numbers(1, 1, ())


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ("owner_contact", {"ownerless": frozenset({1})}),
        ("impact_assessment", {"assessments": {}}),
        ("impact_assessment", {"assessments": {1: {"stale": [{"path": "model.base_model"}]}}}),
        ("data_provenance", {"tasks": {"supplier-review": {1: False}}}),
        ("log_retention_access", {"tasks": {"log-policy": {1: False}}}),
        ("production_monitoring", {"tasks": {"monitoring": {1: False}}}),
        ("production_monitoring", {"tasks": {}}),
        ("supplier_due_diligence", {"tasks": {"supplier-review": {1: False}}}),
    ],
)
def test_facts_beside_the_record_count(item: str, facts: dict[str, Any]) -> None:
    assert measured(item, scope(system(), **confirmed(), **facts)) == Numbers(0, 1, ("sound",))


@pytest.mark.parametrize(
    ("signed", "holds"),
    [
        (set(), False),
        ({Role.DPO}, False),
        ({Role.SECURITY, Role.CTO}, False),
        ({Role.DPO, Role.SECURITY}, True),
        ({Role.DPO, Role.SECURITY, Role.CTO}, True),
    ],
)
def test_high_risk_needs_both_signatures(signed: set[Role], holds: bool) -> None:
    facts = scope(system(risk_tier="high"), signed={1: frozenset(signed)})
    assert measured("high_risk_signoff", facts).complete is holds


def test_no_high_risk_system_is_fine_once_all_are_classified() -> None:
    assert measured("high_risk_signoff", scope(system())) == Numbers(0, 0, ())


def test_a_system_made_in_the_house_needs_no_supplier() -> None:
    facts = scope(system(provider="in-house"), tasks={})
    assert measured("supplier_due_diligence", facts) == Numbers(0, 0, ())
    assert measured("data_provenance", facts).complete


def test_nothing_in_production_means_that_nothing_is_monitored() -> None:
    numbers = measured("production_monitoring", scope(system(stage="approved")))
    assert numbers == Numbers(0, 0, (NO_PRODUCTION,))


@pytest.mark.parametrize("item", CONFIRMED)
@pytest.mark.parametrize(
    ("columns", "holds"),
    [
        ({"until": TODAY}, True),
        ({"on": TODAY - 9 * DAY, "until": TODAY - DAY}, False),
        ({"on": TODAY + DAY, "until": TODAY + DAY}, False),
        ({"in_place": False}, False),
    ],
)
def test_a_confirmation_counts_until_its_last_day(item: str, columns: dict[str, Any], holds: bool) -> None:
    numbers = measured(item, scope(system(), **confirmed(**columns)))
    assert numbers.complete is holds
    assert (NO_CONFIRMATION in numbers.missing) is not holds


@pytest.mark.parametrize("item", CONFIRMED)
def test_without_a_confirmation_the_item_is_open(item: str) -> None:
    assert measured(item, scope(system())).missing == (NO_CONFIRMATION,)
