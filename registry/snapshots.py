"""Keeps `GateSnapshot` true: the gate's answers in short, for lists and counts over many systems.

Services refresh the systems that they touch, in the same transaction. What else can overtake an answer is
another policy revision and a date going by; both are noticed in one query and made good when somebody looks.
"""

import datetime as dt
import time
from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from aims.accounts.models import User
from aims.policy.policies import shipped
from registry import gate
from registry.choices import Stage
from registry.models import AISystem, GateSnapshot

BATCH = 500

LOOK_AGAIN_AFTER = 60
"""Seconds."""

SIGNABLE = (Stage.ASSESSMENT, Stage.APPROVED, Stage.CANARY, Stage.PRODUCTION, Stage.SUSPENDED)
"""Stages in which a system waits for signatures; a draft waits for nobody."""


def refresh(systems: Sequence[AISystem]) -> None:
    """Work the snapshots of these systems out again. Their teams should have been loaded with them."""
    answers = gate.judge_all(systems)
    GateSnapshot.objects.bulk_create(
        [_snapshot(answer) for answer in answers.values()],
        update_conflicts=True,
        unique_fields=["system"],
        update_fields=[
            "verdict",
            "blockers",
            "awaited_roles",
            "policy_revision",
            "holds_until",
            "judged_at",
        ],
    )


def refresh_by_id(ids: Iterable[int]) -> None:
    refresh(list(AISystem.objects.filter(pk__in=list(ids)).prefetch_related("team")))


def renew() -> int:
    """Refresh what a new policy revision or a date has overtaken, or what was never judged; how many."""
    ids = list(overtaken().values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        refresh_by_id(ids[start : start + BATCH])
    return len(ids)


def keep_current() -> None:
    """Renew, but look at most once a minute in this process, and at once after a change of the policies."""
    key = (shipped().revision, timezone.localdate(), int(time.monotonic() // LOOK_AGAIN_AFTER))
    if _looked.get("at") != key:
        renew()
        _looked["at"] = key


_looked: dict[str, tuple[str, dt.date, int]] = {}


def overtaken() -> QuerySet[AISystem]:
    return AISystem.objects.filter(
        Q(snapshot__isnull=True)
        | ~Q(snapshot__policy_revision=shipped().revision)
        | Q(snapshot__holds_until__lt=timezone.localdate())
    )


def waiting_for(user: User) -> QuerySet[GateSnapshot]:
    """Snapshots of visible systems that wait for a signature in one of the person's roles, longest first."""
    asked = Q()
    for role in user.roles:
        asked |= Q(awaited_roles__contains=f"|{role.value}|")
    if not user.roles:
        return GateSnapshot.objects.none()
    waiting = GateSnapshot.objects.filter(asked)
    if not user.may_everywhere("registry.view_aisystem"):
        waiting = waiting.filter(system__in=AISystem.objects.visible_to(user))
    return waiting.order_by("system__updated_at", "pk")


def _snapshot(answer: gate.Answer) -> GateSnapshot:
    facts = answer.document["facts"]
    due = facts["review"]["due"]
    # A review that is overdue already cannot become so again.
    holds = dt.date.fromisoformat(due) if due and due >= facts["today"] else None
    return GateSnapshot(
        system=answer.system,
        verdict=answer.verdict,
        blockers=len(answer.blockers) + len(answer.open_signatures),
        awaited_roles=_awaited_roles(answer),
        policy_revision=answer.policy_revision,
        holds_until=holds,
        judged_at=timezone.now(),
    )


def _awaited_roles(answer: gate.Answer) -> str:
    """Roles whose signature the system waits for, as |dpo|cto|; none before it is assessed."""
    if answer.system.stage not in SIGNABLE or answer.document["facts"].get("assessment") is None:
        return ""
    return "".join(f"|{signature.role.value}" for signature in answer.awaited_signatures) + "|"
