"""A system's way to production, walked by the people who have to, through the portal's own services."""

from typing import Any

import pytest

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.signoffs import services as signoffs
from aims.signoffs import subjects
from aims.signoffs.models import SignOff
from assessments import services as assessments
from assessments.models import Assessment
from assessments.schema import Content
from assessments.taxonomy import taxonomy
from registry import gate
from registry.models import AISystem
from registry.services import system_move
from tests.factories import PASSWORD

Staff = dict[str, User]


def complete_content(**parts: Any) -> Content:
    """An assessment with nothing missing: a small privacy risk, accepted."""
    impacts: dict[str, Any] = {
        dimension.key: {"relevant": False} for dimension in taxonomy().article_dimensions
    }
    impacts["privacy"] = {
        "relevant": True,
        "harm": "A ticket of somebody else shows in an answer.",
        "likelihood": 2,
        "severity": 2,
        "reason": "Seen once in tests.",
        "residual_likelihood": 1,
        "residual_severity": 2,
        "residual_reason": "A filter checks every answer.",
    }
    return Content.of(
        {
            "context": {
                "purpose": "Answers questions of customers.",
                "intended_users": "Support agents",
                "foreseeable_misuse": "Answers taken for legal advice",
                "environment": "Web chat",
                "data_flows": "Question, retrieval, answer, log",
            },
            "affected_parties": [
                {"key": "direct_users", "description": "Support agents", "vulnerable": False},
                {"key": "decision_subjects", "description": "Customers who ask", "vulnerable": False},
            ],
            "impacts": impacts,
            "mitigations": [
                {
                    "id": "a1b2c3d4",
                    "kind": "technical",
                    "title": "Filter for personal data",
                    "dimension": "privacy",
                    "owner": "AI platform team",
                    "state": "done",
                    "due": "2026-12-31",
                }
            ],
            "decision": {
                "decision": "mitigate",
                "rationale": "The filter is in place.",
                "review_date": "2027-11-01",
            },
        }
        | parts
    )


def submit_assessment(system: AISystem, by: User, content: Content | None = None) -> Assessment:
    """An assessment of the system, written and submitted."""
    assessment = assessments.begin(system, by=by)
    assessment = assessments.save(
        assessment, content or complete_content(), by=by, revision=assessment.revision
    )
    return assessments.submit(assessment, by=by)


def sign(kind: str, key: str, role: Role | str, by: User, decision: str = "approve") -> SignOff:
    """A decision about the subject exactly as it is."""
    found = subjects.kind(kind)
    assert found
    shown = found.load(by, key).signed_bytes
    return signoffs.sign(
        found,
        key,
        role=str(role),
        decision=decision,
        reason="Read and agreed.",
        password=PASSWORD,
        shown=shown,
        by=by,
    )


def approve_assessment(assessment: Assessment, staff: Staff) -> Assessment:
    """Decided by every role that policy asks."""
    kind = subjects.kind("assessment")
    assert kind
    for role in kind.load(staff["dpo"], assessment.ref).required:
        sign("assessment", assessment.ref, role, staff[role])
    assessment.refresh_from_db()
    return assessment


def sign_system(system: AISystem, staff: Staff) -> None:
    """Signed by every role that policy asks."""
    for signature in gate.judge(AISystem.objects.select_related("team").get(pk=system.pk)).signatures:
        sign(gate.SUBJECT, system.slug, signature.role, staff[signature.role.value])


def put_in_production(system: AISystem, staff: Staff) -> AISystem:
    """Assessed by its team's lead, approved, signed, and through the gate."""
    owner = system.team.lead
    approve_assessment(submit_assessment(system, owner), staff)
    sign_system(system, staff)
    moved = system_move(system, "promote", by=owner)
    assert moved.answer
    assert moved.done, moved.answer.as_dict()
    return moved.system


@pytest.fixture
def staff(owner: User, dpo: User, cto: User, security: User, lead: User) -> Staff:
    """Who decides, by role."""
    return {"owner": owner, "dpo": dpo, "cto": cto, "security": security, "lead": lead}


@pytest.fixture
def production_system(make_system: Any, staff: Staff) -> AISystem:
    """A high-risk system with personal data, in production the right way."""
    return put_in_production(make_system(data_sensitivity="pii", risk_tier="high"), staff)
