"""What policies get to know of assessments, at what cost; and what the gate makes of it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import User
from assessments import services
from assessments.facts import approved_assessments
from assessments.models import Assessment
from registry import gate
from registry.models import AISystem
from tests.lifecycle import Staff, approve_assessment, complete_content, sign, submit_assessment


def loaded(*systems: AISystem) -> list[AISystem]:
    return list(AISystem.objects.filter(pk__in=[system.pk for system in systems]).select_related("team"))


def test_a_system_without_an_approved_assessment_has_no_fact(submitted: Assessment) -> None:
    assert approved_assessments(loaded(submitted.system)) == {}


def test_the_fact_of_an_approved_assessment(approved: Assessment) -> None:
    (fact,) = approved_assessments(loaded(approved.system)).values()
    assert fact == {
        "ref": approved.ref,
        "version": 1,
        "sha256": approved.sha256,
        "decision": "mitigate",
        "residual": "low",
        "approved_on": approved.approved_at.date().isoformat(),
        "stale": [],
    }


@pytest.mark.parametrize(
    ("column", "value", "stale"),
    [
        ("data_sensitivity", "special_category", ["classification.data_sensitivity"]),
        ("base_model", "letters-3", ["model.base_model"]),
        ("name", "Another name", []),
        ("contact", "new@example.com", []),
    ],
)
def test_a_material_change_since_submission_makes_it_stale(
    approved: Assessment, column: str, value: str, stale: list[str]
) -> None:
    (system,) = loaded(approved.system)
    setattr(system, column, value)
    assert approved_assessments([system])[system.pk]["stale"] == [{"path": path} for path in stale]


def test_a_change_between_submission_and_approval_counts_too(submitted: Assessment, dpo: User) -> None:
    AISystem.objects.filter(pk=submitted.system_id).update(base_model="letters-3")
    sign("assessment", submitted.ref, "dpo", dpo)
    (fact,) = approved_assessments(loaded(submitted.system)).values()
    assert fact["stale"] == [{"path": "model.base_model"}]


def test_a_newer_draft_leaves_the_approved_version_in_force(approved: Assessment, owner: User) -> None:
    services.new_version(approved, by=owner)
    assert approved_assessments(loaded(approved.system))[approved.system_id]["version"] == 1


def test_the_number_of_queries_does_not_grow(make_system: Callable[..., AISystem], staff: Staff) -> None:
    def queries(systems: list[AISystem]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(approved_assessments(systems)) == len(systems)
        return len(captured)

    systems = [make_system() for _number in range(50)]
    for system in systems:
        approve_assessment(submit_assessment(system, staff["owner"]), staff)
    assert queries(loaded(systems[0])) == queries(loaded(*systems)) == 1


def test_the_gate_names_a_missing_and_a_stale_assessment(
    system: AISystem, approved: Assessment, owner: User
) -> None:
    def denials() -> list[str]:
        (now,) = loaded(system)
        return [denial.message for denial in gate.judge(now).denials if "assessment" in denial.rule]

    assert denials() == []
    AISystem.objects.filter(pk=system.pk).update(base_model="letters-3")
    assert denials()


def test_a_declined_decision_does_not_open_the_gate(system: AISystem, owner: User, staff: Staff) -> None:
    content = complete_content(decision={"decision": "decline", "rationale": "Not like this."})
    approve_assessment(submit_assessment(system, owner, content), staff)
    (now,) = loaded(system)
    assert not gate.judge(now).allows
    assert gate.judge(now).document["facts"]["assessment"]["decision"] == "decline"
