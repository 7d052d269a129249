"""What is asked for before an assessment can be submitted."""

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from assessments.completeness import missing, progress
from assessments.schema import Content
from tests.lifecycle import complete_content

TODAY = dt.date(2026, 11, 24)


def fields(content: Content) -> list[str]:
    return [entry.field for entry in missing(content, today=TODAY)]


def with_privacy(**values: Any) -> Content:
    document = complete_content().document()
    document["impacts"]["privacy"] |= values
    return Content.of(document)


def with_decision(**values: Any) -> Content:
    return complete_content(decision=complete_content().decision.model_dump() | values)


def test_a_complete_one_lacks_nothing() -> None:
    assert missing(complete_content(), today=TODAY) == []


def test_an_empty_one_lacks_something_in_every_section_that_always_asks() -> None:
    assert {entry.section for entry in missing(Content(), today=TODAY)} == {
        "context", "affected_parties", "impacts", "decision",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["purpose", "intended_users", "foreseeable_misuse", "environment", "data_flows"]
)
def test_each_part_of_the_context_is_needed(name: str) -> None:
    context = complete_content().context.model_dump() | {name: "  "}
    assert fields(complete_content(context=context)) == [f"context.{name}"]


def test_an_affected_group_is_described() -> None:
    assert fields(complete_content(affected_parties=[{"key": "workers"}])) == [
        "affected_parties.workers.description"
    ]


def test_somebody_is_affected() -> None:
    assert fields(complete_content(affected_parties=[])) == ["affected_parties"]


def test_every_dimension_is_answered_yes_or_no() -> None:
    assert fields(with_privacy(relevant=None)) == ["impacts.privacy.relevant"]


def test_a_dimension_that_was_added_is_answered_too() -> None:
    impacts = complete_content().document()["impacts"] | {"labour": {}}
    assert fields(complete_content(impacts=impacts)) == ["impacts.labour.relevant"]


def test_harm_is_described_and_rated_where_it_is_relevant() -> None:
    bare = with_privacy(harm="", likelihood=None, severity=None)
    assert fields(bare) == ["impacts.privacy.harm", "impacts.privacy.rating"]


@pytest.mark.parametrize(("likelihood", "severity", "asked"), [(3, 3, False), (5, 2, True), (2, 5, True)])
def test_a_score_of_ten_or_more_needs_a_reason(likelihood: int, severity: int, asked: bool) -> None:
    content = with_privacy(likelihood=likelihood, severity=severity, reason="")
    assert ("impacts.privacy.reason" in fields(content)) is asked


@pytest.mark.parametrize(
    ("likelihood", "severity", "possible"),
    [(1, 4, True), (3, 3, True), (5, 2, False), (1, 5, False), (5, 5, False)],
)
def test_only_low_and_moderate_impacts_can_be_accepted(
    likelihood: int, severity: int, possible: bool
) -> None:
    document = with_privacy(likelihood=likelihood, severity=severity).document()
    document["decision"]["decision"] = "accept"
    assert ("decision.decision" not in fields(Content.of(document))) is possible


@pytest.mark.parametrize("decision", ["mitigate", "decline"])
def test_any_impact_can_be_mitigated_or_declined(decision: str) -> None:
    document = with_privacy(likelihood=5, severity=5).document()
    document["decision"]["decision"] = decision
    assert "decision.decision" not in fields(Content.of(document))


def test_who_mitigates_names_a_measure() -> None:
    assert fields(complete_content(mitigations=[])) == ["mitigations"]


@pytest.mark.parametrize("name", ["title", "dimension", "owner"])
def test_a_measure_says_what_against_what_and_who(name: str) -> None:
    measure = complete_content().mitigations[0].model_dump() | {name: ""}
    assert fields(complete_content(mitigations=[measure])) == [f"mitigations.a1b2c3d4.{name}"]


@pytest.mark.parametrize(("state", "asked"), [("planned", True), ("in_progress", True), ("done", False)])
def test_a_measure_that_is_not_done_has_a_day(state: str, asked: bool) -> None:
    measure = complete_content().mitigations[0].model_dump() | {"state": state, "due": None}
    assert (fields(complete_content(mitigations=[measure])) == ["mitigations.a1b2c3d4.due"]) is asked


def test_who_mitigates_rates_what_remains() -> None:
    content = with_privacy(residual_likelihood=None, residual_severity=None)
    assert fields(content) == ["impacts.privacy.residual"]


def test_who_accepts_need_not_rate_what_remains() -> None:
    document = with_privacy(residual_likelihood=None, residual_severity=None).document()
    document["decision"]["decision"] = "accept"
    assert fields(Content.of(document)) == []


def test_what_remains_is_never_worse_than_before() -> None:
    assert fields(with_privacy(residual_likelihood=5, residual_severity=4)) == ["impacts.privacy.residual"]


def test_a_lower_residual_rating_says_why() -> None:
    assert fields(with_privacy(residual_reason="")) == ["impacts.privacy.residual_reason"]


def test_a_decision_has_a_reason_and_a_day() -> None:
    assert fields(with_decision(rationale="", review_date=None)) == [
        "decision.rationale",
        "decision.review_date",
    ]


def test_the_review_lies_in_the_future() -> None:
    assert fields(with_decision(review_date=TODAY)) == ["decision.review_date"]
    assert fields(with_decision(review_date=TODAY + dt.timedelta(days=1))) == []


def test_who_declines_says_why_and_needs_no_day() -> None:
    assert fields(with_decision(decision="decline", rationale="", review_date=None)) == ["decision.rationale"]


def test_progress_counts_what_is_answered_in_each_section() -> None:
    empty = {step.section: (step.answered, step.total) for step in progress(Content(), today=TODAY)}
    assert empty["context"] == (0, 5)
    assert empty["impacts"] == (0, 5)
    assert all(step.answered == step.total for step in progress(complete_content(), today=TODAY))


@pytest.mark.parametrize(
    "document",
    [
        {"impacts": {"privacy": {"likelihood": 3}}},
        {"impacts": {"privacy": {"residual_severity": 3}}},
        {"impacts": {"privacy": {"likelihood": 6, "severity": 1}}},
        {"impacts": {"luck": {}}},
        {"affected_parties": [{"key": "nobody"}]},
        {"affected_parties": [{"key": "workers"}, {"key": "workers"}]},
        {"mitigations": [{"id": "a1b2c3d4"}, {"id": "a1b2c3d4"}]},
        {"mitigations": [{"id": "../etc"}]},
        {"context": {"purpose": "x" * 10_001}},
        {"context": {"purpose": "a\x00b"}},
        {"unknown": 1},
    ],
)
def test_what_can_never_be_right_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Content.of(document)


def test_a_residual_rating_that_is_not_there_counts_as_before_measures() -> None:
    assert with_privacy(
        likelihood=4, severity=4, residual_likelihood=None, residual_severity=None
    ).residual_band == ("very_high")
    assert with_privacy(likelihood=4, severity=4).residual_band == "low"


def test_content_survives_being_stored() -> None:
    content = complete_content()
    assert Content.of(content.document()) == content
