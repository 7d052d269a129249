"""Keeps `GateSnapshot` true: the gate's answers in short, for lists and counts over many systems; and with
the same answers the tasks that systems call for (`obligations`).

Services refresh the systems that they touch, in the same transaction. What else can overtake an answer is
another policy revision and a date going by; both are noticed in one query and made good when somebody looks.
"""

import datetime as dt
import time
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from aims.accounts.models import User
from aims.accounts.roles import SIGNING
from aims.policy.policies import shipped
from registry import blockers, gate, obligations
from registry.choices import Stage
from registry.models import AISystem, Blocker, GateSnapshot

BATCH = 500

LOOK_AGAIN_AFTER = 60
"""Seconds."""


def refresh(systems: Sequence[AISystem]) -> None:
    """Work snapshots and tasks of these systems out again, within the caller's transaction.

    Their rows should be locked, or new, and their teams loaded with them.
    """
    answers = gate.judge_all(systems)
    blockers.refresh(answers.values())
    ends = obligations.sync(answers.values())
    GateSnapshot.objects.bulk_create(
        [_snapshot(answer, ends.get(pk)) for pk, answer in answers.items()],
        update_conflicts=True,
        unique_fields=["system"],
        update_fields=[
            "verdict",
            "blockers",
            "awaited_roles",
            "review_due",
            "residual",
            "policy_revision",
            "holds_until",
            "judged_at",
        ],
    )


@transaction.atomic
def refresh_by_id(ids: Iterable[int]) -> None:
    # Two people who look at the same time would else open the same task twice.
    rows = AISystem.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    refresh(list(rows.prefetch_related("team")))


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
    """Snapshots of visible systems that wait for a signature in one of the person's roles, longest first.

    Annotated with `since`, the moment from which the first of them waits.
    """
    first = _awaited(user).filter(system=OuterRef("pk")).order_by("since").values("since")
    waiting = GateSnapshot.objects.filter(system__in=_awaited(user).values("system"))
    return waiting.annotate(since=Subquery(first[:1])).order_by("since", "pk")


def _awaited(user: User) -> QuerySet[Blocker]:
    """Signatures of the person's roles that visible systems wait for."""
    causes = [blockers.signature_of(role) for role in user.roles & SIGNING]
    awaited = Blocker.objects.filter(cause__in=causes, awaited=True).order_by()
    if not user.may_everywhere("registry.view_aisystem"):
        awaited = awaited.filter(system__in=AISystem.objects.visible_to(user))
    return awaited


def _snapshot(answer: gate.Answer, tasks_hold_until: dt.date | None) -> GateSnapshot:
    facts = answer.document["facts"]
    due = facts["review"]["due"] and dt.date.fromisoformat(facts["review"]["due"])
    retired = answer.system.stage == Stage.RETIRED
    # A review that is overdue already cannot become so again.
    review = due if due and due >= dt.date.fromisoformat(facts["today"]) else None
    return GateSnapshot(
        system=answer.system,
        verdict=answer.verdict,
        blockers=len(answer.blockers) + len(answer.open_signatures),
        awaited_roles=_awaited_roles(answer),
        review_due=None if retired else due,
        residual="" if retired else (facts.get("assessment") or {}).get("residual", ""),
        policy_revision=answer.policy_revision,
        holds_until=min((day for day in (review, tasks_hold_until) if day), default=None),
        judged_at=timezone.now(),
    )


def _awaited_roles(answer: gate.Answer) -> str:
    """Roles whose signature the system waits for, as |dpo|cto|; none before it is assessed."""
    awaited = [blocker.cause for blocker in blockers.blockers_of(answer) if blocker.awaited]
    return "".join(f"|{cause.removeprefix(blockers.SIGNATURE)}" for cause in awaited) + "|" * bool(awaited)
