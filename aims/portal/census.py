"""What there is, in numbers, as far as one person may see it: what the overview is made of.

Every number is read from the projections that lists read too (`GateSnapshot`, `Blocker`, `open_roles`), so it
is the length of the list that it links to. Each part is one query, asked only by the cards that need it.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Min, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from aims.accounts.models import RoleGrant, User
from aims.accounts.roles import GRANTABLE, SIGNING, Role
from aims.signoffs.models import SignOff
from assessments.approval import SUBJECT as ASSESSMENT
from assessments.models import Assessment
from assessments.states import EDITABLE, OPEN, State
from audits.history import recent_scores
from audits.models import GapScore
from registry import blockers, filters, gate
from registry.choices import Stage
from registry.models import AISystem, AISystemQuerySet, Blocker, GateDecision, GateSnapshot

SHOWN = 6
"""Rows of a card; its footer leads to all."""


@dataclass(frozen=True, slots=True)
class Group:
    """Systems that agree in stage and tiers, and how many of them are what."""

    stage: str
    risk_tier: str
    eu_ai_act_tier: str
    data_sensitivity: str
    total: int
    out: int
    """Out of compliance."""
    overdue: int
    due: int
    """Of reviews: overdue, and due within `filters.REVIEW_AHEAD`."""


@dataclass(frozen=True, slots=True)
class Cause:
    """How many systems one cause blocks in the same way."""

    cause: str
    awaited: bool
    state: str
    total: int
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one role."""

    role: Role
    systems: int = 0
    assessments: int = 0
    since: dt.datetime | None = None
    """From when the first of them waits."""


class Census:
    """The numbers for one person today."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.today = timezone.localdate()
        self.everywhere = user.may_everywhere("registry.view_aisystem")
        self._sums: dict[tuple[str, tuple[str, ...]], Counter[tuple[str, ...]]] = {}

    @property
    def systems(self) -> AISystemQuerySet:
        return AISystem.objects.visible_to(self.user)

    @cached_property
    def groups(self) -> list[Group]:
        """All visible systems, grouped by stage and tiers."""
        out = Q(stage__in=[Stage.PRODUCTION, Stage.CANARY]) & ~Q(snapshot__verdict="allow")
        rows = (
            self.systems.order_by()
            .values("stage", "risk_tier", "eu_ai_act_tier", "data_sensitivity")
            .annotate(
                total=Count("pk"),
                out=Count("pk", filter=out),
                overdue=Count("pk", filter=filters.overdue()),
                due=Count("pk", filter=filters.due_soon()),
            )
        )
        return [Group(**row) for row in rows]

    def number(self, what: str = "total", **where: str) -> int:
        """The sum of a column of `groups`, over those that agree: `number("out", stage="production")`."""
        columns = tuple(sorted(where))
        if (what, columns) not in self._sums:
            sums = Counter[tuple[str, ...]]()
            for group in self.groups:
                sums[tuple(getattr(group, column) for column in columns)] += getattr(group, what)
            self._sums[what, columns] = sums
        return self._sums[what, columns][tuple(where[column] for column in columns)]

    def active(self, **where: str) -> int:
        """How many systems agree, the retired left out."""
        return self.number(**where) - self.number(**where | {"stage": Stage.RETIRED.value})

    def gap_scores(self) -> list[GapScore]:
        """The newest scores of the gap checklist, newest first, without their items. The score of the whole
        company is for whom the table of roles lets."""
        return recent_scores() if self.user.has_perm("audits.view_gapscore") else []

    def residual(self) -> dict[str, int]:
        """Band -> how many visible systems have an approved assessment that leaves this much risk."""
        snapshots = GateSnapshot.objects.exclude(residual="")
        if not self.everywhere:
            snapshots = snapshots.filter(system__in=self.systems)
        rows = snapshots.order_by().values_list("residual").annotate(n=Count("pk"))
        return dict(rows)

    @cached_property
    def causes(self) -> list[Cause]:
        """What blocks visible systems."""
        rows = (
            self._blockers.order_by()
            .values("cause", "awaited", "state")
            .annotate(total=Count("pk"), since=Min("since"))
        )
        return [Cause(**row) for row in rows]

    @property
    def _blockers(self) -> QuerySet[Blocker]:
        return Blocker.objects.all() if self.everywhere else Blocker.objects.filter(system__in=self.systems)

    def blocked_by(self) -> dict[str, int]:
        """Cause -> how many systems it blocks."""
        found: dict[str, int] = {}
        for row in self.causes:
            found[row.cause] = found.get(row.cause, 0) + row.total
        return found

    def stale(self, role: Role) -> int:
        """How many systems the role has signed before they changed."""
        cause = blockers.signature_of(role)
        return sum(row.total for row in self.causes if row.cause == cause and row.state == "stale")

    @cached_property
    def _open_assessments(self) -> list[dict[str, Any]]:
        """Visible assessments that wait for somebody, by state and roles."""
        return list(
            Assessment.objects.visible_to(self.user)
            .filter(state__in=OPEN)
            .order_by()
            .values("state", "open_roles")
            .annotate(total=Count("pk"), submitted=Min("submitted_at"), begun=Min("created_at"))
        )

    def systems_waiting(self, role: Role) -> Queue:
        """Systems that wait for the signature of the role."""
        cause = blockers.signature_of(role)
        rows = [row for row in self.causes if row.cause == cause and row.awaited]
        return Queue(role, systems=sum(row.total for row in rows), since=_first(row.since for row in rows))

    def assessments_waiting(self, role: Role) -> Queue:
        """Assessments that the role has to decide about; those that the owner has to write."""
        if role is Role.OWNER:
            rows = [row for row in self._open_assessments if row["state"] in EDITABLE]
        else:
            asked = f"|{role.value}|"
            rows = [
                row
                for row in self._open_assessments
                if row["state"] == State.SUBMITTED and asked in row["open_roles"]
            ]
        moment = "begun" if role is Role.OWNER else "submitted"
        return Queue(
            role,
            assessments=sum(row["total"] for row in rows),
            since=_first(row[moment] for row in rows if row[moment]),
        )

    def queues(self) -> list[Queue]:
        """What waits for each role, the one that keeps others waiting longest first; empty ones last."""
        found = []
        for role in Role:
            if role not in SIGNING and role is not Role.OWNER:
                continue
            systems, assessments = self.systems_waiting(role), self.assessments_waiting(role)
            since = _first(filter(None, (systems.since, assessments.since)))
            found.append(Queue(role, systems.systems, assessments.assessments, since))
        return sorted(found, key=lambda queue: (queue.since is None, queue.since))

    # --- A few rows each -----------------------------------------------------------------------------------

    def with_first_cause(self, systems: AISystemQuerySet) -> AISystemQuerySet:
        """With team and snapshot, annotated with the `cause` that blocks longest and `since` when."""
        first = Blocker.objects.filter(system=OuterRef("pk")).order_by("since", "pk")
        return (
            systems.select_related("team", "snapshot")
            .only("slug", "name", "stage", "team__name", *(f"snapshot__{name}" for name in _SNAPSHOT))
            .annotate(cause=Subquery(first.values("cause")[:1]), since=Subquery(first.values("since")[:1]))
        )

    @cached_property
    def out_of_compliance(self) -> list[AISystem]:
        """The first visible systems that serve people and should not, longest first."""
        # By way of what blocks them: few are blocked where many serve people.
        live = self.systems.filter(stage__in=[Stage.PRODUCTION, Stage.CANARY]).order_by().values("pk")
        first = (
            Blocker.objects.filter(system__in=live)
            .order_by()
            .values("system")
            .annotate(first=Min("since"))
            .order_by("first", "system")[:SHOWN]
        )
        found = self.with_first_cause(AISystem.objects.filter(pk__in=first.values("system")))
        return list(found.order_by("since", "pk"))

    @cached_property
    def reviews(self) -> list[AISystem]:
        """The first visible systems to review, most overdue first."""
        found = self.systems.filter(snapshot__review_due__lte=self.today + filters.REVIEW_AHEAD)
        found = found.select_related("team", "snapshot")
        found = found.only("slug", "name", "team__name", *(f"snapshot__{name}" for name in _SNAPSHOT))
        return list(found.order_by("snapshot__review_due", "pk")[:SHOWN])

    @cached_property
    def own(self) -> list[AISystem]:
        """The first systems of the person's teams, those that are blocked before the others."""
        found = self.systems.filter(team__in=self.user.team_ids).exclude(stage=Stage.RETIRED)
        return list(self.with_first_cause(found).order_by("-snapshot__verdict", "name", "pk")[:SHOWN])

    @cached_property
    def live(self) -> list[AISystem]:
        """The first systems that serve people or were suspended, the suspended before the others."""
        stages = (Stage.SUSPENDED, Stage.CANARY, Stage.PRODUCTION)
        rank = Case(*(When(stage=stage, then=place) for place, stage in enumerate(stages)))
        found = self.systems.filter(stage__in=stages).order_by(rank, "-updated_at", "pk")
        return list(
            found.select_related("team", "snapshot").only(
                "slug", "name", "stage", "updated_at", "team__name", "snapshot__verdict"
            )[:SHOWN]
        )

    @cached_property
    def opened(self) -> list[AISystem]:
        """The first visible systems by name, for whoever sees single ones."""
        return list(self.systems.select_related("team").order_by("name", "pk")[:SHOWN])

    @cached_property
    def signatures_asked(self) -> list[Blocker]:
        """The first systems that wait for a signature of the person, longest first."""
        causes = [blockers.signature_of(role) for role in self.user.roles & SIGNING]
        asked = self._blockers.filter(cause__in=causes, awaited=True)
        return list(asked.select_related("system").order_by("since", "pk")[:SHOWN])

    @cached_property
    def decisions_asked(self) -> list[Assessment]:
        """The first assessments that wait for a decision of the person, longest first."""
        asked = Q()
        for role in self.user.roles & SIGNING:
            asked |= Q(open_roles__contains=f"|{role.value}|")
        waiting = Assessment.objects.visible_to(self.user).filter(asked, state=State.SUBMITTED)
        waiting = waiting.select_related("system").defer("content", "record")
        return list(waiting.order_by("submitted_at", "pk")[:SHOWN])

    @cached_property
    def signoffs(self) -> list[SignOff]:
        """The last decisions of signers about visible systems and their assessments."""
        found = SignOff.objects.select_related("signer").defer("signed_bytes").order_by("-pk")
        if not self.everywhere:
            assessments = Assessment.objects.visible_to(self.user)
            found = found.filter(
                Q(subject_kind=gate.SUBJECT, subject_id__in=self.systems.values("pk"))
                | Q(subject_kind=ASSESSMENT, subject_id__in=assessments.values("pk"))
            )
        return list(found[:SHOWN])

    @cached_property
    def gate_decisions(self) -> list[GateDecision]:
        """The last answers of the gate about visible systems."""
        found = GateDecision.objects.select_related("system", "asked_by").order_by("-pk")
        found = found.only(
            "transition", "verdict", "decided_at", "reason", "system__name", "system__slug", "asked_by__name"
        )
        if not self.everywhere:
            found = found.filter(system__in=self.systems)
        return list(found[:SHOWN])

    # --- People --------------------------------------------------------------------------------------------

    @cached_property
    def holders(self) -> dict[Role, int]:
        """Role -> how many people who can log in hold it in their own right."""
        able = User.objects.able_to_log_in().order_by().values("pk")
        rows = RoleGrant.objects.filter(user__in=able).values_list("role").annotate(n=Count("pk"))
        found = dict(rows.order_by())
        return {role: found.get(role.value, 0) for role in GRANTABLE}

    @cached_property
    def without_owner(self) -> int:
        """Active systems of which nobody active is the owner."""
        return self.systems.without_owner().exclude(stage=Stage.RETIRED).count()


_SNAPSHOT = ("verdict", "blockers", "review_due")


def _first(moments: Iterable[dt.datetime]) -> dt.datetime | None:
    return min(moments, default=None)
