"""What of the registry rests on people and teams, for when somebody leaves (`aims.accounts.holdings`)."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts.holdings import HandOver, Holding, Kind, Passing
from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from registry import access
from registry.choices import Stage
from registry.models import AISystem, GateSnapshot, Obligation, SystemException
from registry.obligation_services import tasks_pass_on

NAMED = 5


def _exceptions(person: User) -> Iterator[Holding]:
    entries = SystemException.objects.in_force(timezone.localdate()).filter(user=person)
    names = list(entries.order_by("content_object__name").values_list("content_object__name", flat=True))
    if names:
        yield Holding(
            "all",
            ngettext("%(n)d exception", "%(n)d exceptions", len(names)) % {"n": len(names)},
            Passing.ENDS,
            ", ".join(names[:NAMED]) + ("…" if len(names) > NAMED else ""),
            otherwise=_("Exceptions are personal: they end. Make new ones for whoever needs them."),
        )


def _end_exceptions(way: HandOver) -> None:
    access.exceptions_end(way.person, by=way.by, reason=way.reason)


EXCEPTIONS = Kind("exception", gettext_lazy("Exceptions for single systems"), _exceptions, _end_exceptions)


def _tasks(person: User) -> Iterator[Holding]:
    number = Obligation.objects.filter(assignee=person, state=Obligation.State.OPEN).count()
    if number:
        yield Holding(
            "all",
            ngettext("%(n)d open task", "%(n)d open tasks", number) % {"n": number},
            Passing.USUALLY,
            otherwise=_("They wait for the lead of the team, or for whoever holds the role that signs."),
        )


def _pass_tasks_on(way: HandOver) -> None:
    tasks_pass_on(way.person, to=way.successor, by=way.by)


TASKS = Kind("task", gettext_lazy("Tasks"), _tasks, _pass_tasks_on)


def systems_of(team: Team) -> str:
    """How many systems the team answers for, in words; nothing for none. Retired ones need nobody."""
    number = AISystem.objects.filter(team=team).exclude(stage=Stage.RETIRED).count()
    return ngettext("%(n)d system", "%(n)d systems", number) % {"n": number} if number else ""


def waiting_for(role: Role) -> Any:
    """Systems that wait for a signature in the role, by name."""
    return GateSnapshot.objects.filter(awaited_roles__contains=f"|{role.value}|").values_list("system__name")
