"""The facts that the gap checklist reads: loaded once for all items, with a fixed number of queries.

Scope is every AI system inside the management system that is not retired. Rules that the gate and the tasks
know already are read from what they keep (`GateSnapshot`, `Obligation`, the facts of assessments, the
standing of signatures) and not written anew.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aims.accounts.roles import Role
from aims.policy.policies import shipped
from aims.signoffs.standing import standings
from assessments.facts import approved_assessments
from audits.models import ItemConfirmation
from registry import documents, gate
from registry.choices import EuAiActTier, RiskTier, Stage
from registry.models import AISystem, Obligation

HIGH_RISK = frozenset({RiskTier.HIGH, RiskTier.CRITICAL})
HIGH_RISK_BY_LAW = frozenset({EuAiActTier.HIGH, EuAiActTier.PROHIBITED})

TASKS = ("log-policy", "monitoring", "supplier-review")
"""Kinds of tasks (`policies/ai/obligations.rego`) that items rest on."""


@dataclass(frozen=True, slots=True)
class Scope:
    """All that is known on one day of what the checklist asks about."""

    on: dt.date
    systems: Sequence[AISystem]
    ownerless: frozenset[int]
    """Systems in whose team nobody active is left."""
    assessments: Mapping[int, dict[str, Any]]
    """System -> its approved assessment, with the material changes since (`stale`)."""
    tasks: Mapping[str, Mapping[int, bool]]
    """Kind of task -> system that policy asks it of -> whether what was asked is there."""
    signed: Mapping[int, frozenset[Role]]
    """High-risk system -> roles whose signature stands for it as it is now."""
    confirmed: Mapping[str, ItemConfirmation]
    """Item -> what was confirmed of it last."""


def load(on: dt.date) -> Scope:
    """The facts as they are, and what was confirmed by that day. Seven queries, however many systems."""
    systems = list(
        AISystem.objects.filter(in_scope=True)
        .exclude(stage=Stage.RETIRED)
        .select_related("team", "snapshot")
        .order_by("slug")
    )
    ownerless = AISystem.objects.without_owner().order_by().values_list("pk", flat=True)
    assessments = approved_assessments_of(systems)
    return Scope(
        on=on,
        systems=systems,
        ownerless=frozenset(ownerless),
        assessments=assessments,
        tasks=_tasks(),
        signed=_signed([system for system in systems if is_high_risk(system)], assessments),
        confirmed=ItemConfirmation.objects.filter(on__lte=on).newest(),
    )


def is_high_risk(system: AISystem) -> bool:
    """By the company's own rating or by the EU AI Act."""
    return system.risk_tier in HIGH_RISK or system.eu_ai_act_tier in HIGH_RISK_BY_LAW


def approved_assessments_of(systems: Sequence[AISystem]) -> dict[int, dict[str, Any]]:
    """The fact that the gate reads too, in parts: a database takes only so many keys in one question."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(systems), BATCH):
        found |= approved_assessments(systems[start : start + BATCH])
    return found


BATCH = 20_000


def _tasks() -> dict[str, dict[int, bool]]:
    found: dict[str, dict[int, bool]] = defaultdict(dict)
    rows = Obligation.objects.filter(kind__in=TASKS).exclude(state=Obligation.State.DROPPED).order_by()
    for kind, system, state in rows.values_list("kind", "system_id", "state"):
        found[kind][system] = state == Obligation.State.MET
    return found


def _signed(
    systems: Sequence[AISystem], assessments: Mapping[int, dict[str, Any]]
) -> dict[int, frozenset[Role]]:
    present = {
        system.pk: documents.signable(documents.record_of(system), assessments.get(system.pk))
        for system in systems
    }
    return {
        pk: frozenset(Role(role) for role in standing.valid)
        for pk, standing in standings(gate.SUBJECT, present, shipped()).items()
    }
