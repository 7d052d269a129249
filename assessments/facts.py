"""What policies know of a system's impact assessment: the fact `assessment`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from aims.policy.policies import PolicySet, shipped
from aims.signoffs.standing import material_changes
from assessments.models import Assessment
from registry import documents, gate
from registry.models import AISystem


def approved_assessments(systems: Sequence[AISystem]) -> dict[int, dict[str, Any]]:
    """System id -> its newest approved assessment; a system without one is left out. One query.

    `stale` holds the material changes of the record since the assessment was submitted. The content stays in
    the database: what policies ask of it stands in columns.
    """
    policies = shipped()
    by_id = {system.pk: system for system in systems}
    rows = (
        Assessment.objects.current()
        .filter(system__in=by_id)
        .order_by()
        .values_list("system_id", "ref", "version", "sha256", "decision", "residual", "approved_at", "record")
    )
    return {
        system_id: {
            "ref": ref,
            "version": version,
            "sha256": sha256,
            "decision": decision,
            "residual": residual,
            "approved_on": timezone.localdate(approved_at).isoformat(),
            "stale": _stale(by_id[system_id], record or {}, policies),
        }
        for system_id, ref, version, sha256, decision, residual, approved_at, record in rows
    }


def _stale(system: AISystem, assessed: dict[str, Any], policies: PolicySet) -> list[dict[str, str]]:
    """The paths, each as {"path": …}, of what changed since the assessment and, by policy, undoes it."""
    now = documents.signable(documents.record_of(system), None)
    return [
        {"path": change.path}
        for change in material_changes(gate.SUBJECT, assessed, now, policies).get("assessment", [])
    ]
