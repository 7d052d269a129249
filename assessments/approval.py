"""Whose approval a version needs, and who has given it, for exactly what was submitted."""

from __future__ import annotations

from typing import Any

from aims.policy.policies import shipped
from aims.signoffs import requirement
from aims.signoffs.models import Decision
from aims.signoffs.standing import latest_decisions
from aims.signoffs.subjects import canonical, digest
from assessments.models import Assessment

SUBJECT = "assessment"
"""The kind under which assessments are signed."""


def signed_document(assessment: Assessment) -> dict[str, Any]:
    """What a signature of an assessment covers: its content, and the record that it was written about."""
    return {
        "ref": assessment.ref,
        "version": assessment.version,
        "system": assessment.system.slug,
        "content": assessment.content,
        "record": assessment.record,
    }


def required_roles(assessment: Assessment) -> dict[str, str]:
    """Role -> why policy asks for it, given the record as it was submitted. Raises PolicyError."""
    facts = {
        "ref": assessment.ref,
        "version": assessment.version,
        "decision": assessment.decision,
        "residual": assessment.residual,
    }
    return {
        role.value: why
        for role, why in requirement.required_roles(
            SUBJECT, assessment.record or {}, facts, shipped()
        ).items()
    }


def open_roles(assessment: Assessment) -> dict[str, str]:
    """Role -> why, for those that policy asks for and that have not approved exactly this document."""
    decisions = latest_decisions(SUBJECT, [assessment.pk]).get(assessment.pk, {})
    sha256 = digest(canonical(signed_document(assessment)))
    return {
        role: why
        for role, why in required_roles(assessment).items()
        if not (
            role in decisions
            and decisions[role].decision == Decision.APPROVE
            and decisions[role].sha256 == sha256
        )
    }
