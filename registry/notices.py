"""What people are told about systems, their tasks and what ends: kinds, who may see it, and due dates."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import Substitution, User
from aims.accounts.roles import Role
from aims.notifications.addressees import holders_of
from aims.notifications.due_dates import Due
from aims.notifications.kinds import Kind
from aims.notifications.scopes import Scope
from aims.notifications.telling import Message, tell, tell_all
from registry import gate, obligations
from registry.choices import Stage
from registry.models import AISystem, Blocker, GateSnapshot, Obligation, SystemException, Waiver

SYSTEM = "registry.aisystem"

DECISION = Kind(
    "decision",
    gettext_lazy("Decisions that wait for you"),
    gettext_lazy("When something waits for your signature, and until you have decided."),
    must=True,
)
TASK = Kind(
    "task",
    gettext_lazy("Tasks"),
    gettext_lazy("When a task of yours is due or late, or somebody reminds you of it."),
)
REVIEW = Kind(
    "review", gettext_lazy("Reviews"), gettext_lazy("When the review of a system of yours is due or late.")
)
ENDS = Kind(
    "ends",
    gettext_lazy("What ends"),
    gettext_lazy("Before a waiver, an exception or a substitution of yours ends."),
)
SUSPENDED = Kind(
    "suspended",
    gettext_lazy("Systems taken out of use"),
    gettext_lazy("When a system of yours is suspended."),
)


def decisions_wait(begun: Iterable[Blocker]) -> None:
    """Tell those who can sign that systems have begun to wait for them. Four queries, if anything waits."""
    waiting = list(begun)
    if not waiting:
        return
    roles = {row.cause: Role(row.cause.partition(":")[2]) for row in waiting}
    holders = holders_of(set(roles.values()), timezone.localdate())
    tell_all(
        Message(
            recipient=person,
            kind=DECISION.key,
            subject=f"{SYSTEM}:{row.system_id}",
            occasion=f"{row.cause}:{row.since.isoformat()}",
            title=_("%(system)s waits for your signature") % {"system": row.system.name},
            text=_("You sign as %(role)s.") % {"role": roles[row.cause].label}
            + (" " + _("It has changed since it was last signed.") if row.state == "stale" else ""),
            url=reverse("signoffs:decide", args=[gate.SUBJECT, row.system.slug]),
            scope=of_system(row.system_id),
        )
        for row in waiting
        for person in sorted(holders[roles[row.cause]])
    )


def suspended(system: AISystem, *, by: User, reason: str) -> None:
    """Tell the team's lead and deputy that somebody took their system out of use."""
    tell(
        [person for person in (system.team.lead, system.team.deputy) if person != by],
        kind=SUSPENDED.key,
        subject=f"{SYSTEM}:{system.pk}",
        title=_("%(system)s was suspended") % {"system": system.name},
        text=_("%(who)s: %(reason)s") % {"who": by.name, "reason": reason},
        url=system.get_absolute_url(),
        scope=of_system(system.pk),
    )


def reminded(told: Mapping[Obligation, Iterable[User]], *, by: User, on: dt.date) -> None:
    """Tell people that somebody reminds them of tasks, once a day for each. Few queries, however many."""
    signed = set(obligations.signing_kinds())
    tell_all(
        Message(
            recipient=person.pk,
            kind=DECISION.key if task.kind in signed else TASK.key,
            subject=f"registry.obligation:{task.pk}",
            occasion=f"asked:{on.isoformat()}",
            title=_title(task),
            text=_("%(who)s reminds you of this.") % {"who": by.name},
            url=task.get_absolute_url(),
            due=task.due,
            scope=of_system(task.system_id),
        )
        for task, people in sorted(told.items(), key=lambda pair: (pair[0].due, pair[0].pk))
        for person in people
    )


KINDS = (DECISION, TASK, REVIEW, ENDS, SUSPENDED)


def visible(user: User) -> Any:
    """For `scopes`: the systems that the person may see; None: all."""
    if user.may_everywhere("registry.view_aisystem"):
        return None
    return AISystem.objects.visible_to(user).order_by().values("pk")


def _title(task: Obligation) -> str:
    return f"{obligations.kind_of(task.kind).title}: {task.system.name}"


def of_system(pk: int) -> Scope:
    return Scope(SYSTEM, pk)


def reviews(until: dt.date) -> Iterator[Due]:
    """Systems whose review is due by the day: the date by which the gate judges, too. One query."""
    rows = GateSnapshot.objects.filter(review_due__lte=until).exclude(system__stage=Stage.RETIRED)
    for pk, day, name, slug, team in rows.order_by("pk").values_list(
        "system", "review_due", "system__name", "system__slug", "system__team"
    ):
        yield Due(
            kind=REVIEW.key,
            subject=f"{SYSTEM}:{pk}",
            day=cast(dt.date, day),  # the condition leaves out rows without one
            title=_("Review: %(system)s") % {"system": name},
            url=reverse("registry:system", args=[slug]),
            team=team,
            scope=of_system(pk),
        )


def tasks(until: dt.date) -> Iterator[Due]:
    """Open tasks that no waiver puts off; what is signed comes under the kind that must be. One query."""
    signed = set(obligations.signing_kinds())
    rows = Obligation.objects.to_do(timezone.localdate()).filter(due__lte=until)
    for task in rows.select_related("system").order_by("pk"):
        yield Due(
            kind=DECISION.key if task.kind in signed else TASK.key,
            subject=f"registry.obligation:{task.pk}",
            day=task.due,
            title=_title(task),
            url=task.get_absolute_url(),
            team=task.system.team_id,
            role="" if task.role == Role.OWNER else task.role,
            person=task.assignee_id,
            since=timezone.localdate(task.opened_at),
            scope=of_system(task.system_id),
        )


def waivers(until: dt.date) -> Iterator[Due]:
    """Waivers in force that end by the day. One query."""
    rows = Waiver.objects.in_force(timezone.localdate()).filter(until__lte=until)
    for waiver in rows.select_related("obligation__system").order_by("pk"):
        task = waiver.obligation
        yield Due(
            kind=ENDS.key,
            subject=f"registry.waiver:{waiver.pk}",
            day=waiver.until,
            title=_("A waiver ends: %(task)s, %(system)s")
            % {"task": obligations.kind_of(task.kind).title, "system": task.system.name},
            url=task.get_absolute_url(),
            team=task.system.team_id,
            since=timezone.localdate(waiver.requested_at),
            scope=of_system(task.system_id),
        )


def exceptions(until: dt.date) -> Iterator[Due]:
    """Exceptions that end by the day, for whoever has them. One query."""
    rows = SystemException.objects.in_force(timezone.localdate()).filter(until__lte=until)
    for entry in rows.select_related("content_object").order_by("pk"):
        yield Due(
            kind=ENDS.key,
            subject=f"registry.systemexception:{entry.pk}",
            day=entry.until,
            title=_("Your access ends: %(system)s") % {"system": entry.content_object.name},
            url=entry.content_object.get_absolute_url(),
            person=entry.user_id,
            escalates=False,
            scope=of_system(entry.content_object_id),
        )


def substitutions(until: dt.date) -> Iterator[Due]:
    """Substitutions that end by the day, for both: one gets the role back, the other gives it. One query."""
    rows = Substitution.objects.in_force(on=timezone.localdate()).filter(ends__lte=until)
    for entry in rows.select_related("holder", "substitute").order_by("pk"):
        role = {"role": entry.get_role_display()}
        for person, title in (
            (entry.holder_id, _("%(who)s for you, as %(role)s") % ({"who": entry.substitute.name} | role)),
            (entry.substitute_id, _("you for %(who)s, as %(role)s") % ({"who": entry.holder.name} | role)),
        ):
            yield Due(
                kind=ENDS.key,
                subject=f"accounts.substitution:{entry.pk}",
                day=entry.ends,
                title=_("A substitution ends: %(what)s") % {"what": title},
                url=reverse("account"),
                person=person,
                since=entry.starts,
                escalates=False,
            )


SOURCES = {
    "reviews": reviews,
    "tasks": tasks,
    "waivers": waivers,
    "exceptions": exceptions,
    "substitutions": substitutions,
}
