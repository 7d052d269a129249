"""The list of tasks as a table for spreadsheets."""

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext_lazy

from aims.accounts.roles import Role
from aims.tables.export import Column
from registry.models import Obligation, ObligationQuerySet
from registry.obligation_list import holder_of, state_text
from registry.obligations import kind_of

_ROLES = {role.value: role.label for role in Role}


def _holder(task: Obligation) -> str:
    return holder_of(task, _ROLES)


def _waived_until(task: Obligation) -> dt.date | None:
    until: dt.date | None = vars(task)["waived_until"]
    return until


COLUMNS: tuple[Column[Obligation], ...] = (
    Column(gettext_lazy("AI system"), lambda task: task.system.name),
    Column(gettext_lazy("ID"), lambda task: task.system.slug),
    Column(gettext_lazy("Team"), lambda task: task.system.team.name),
    Column(gettext_lazy("Task"), lambda task: kind_of(task.kind).title),
    Column(gettext_lazy("Control"), lambda task: kind_of(task.kind).control),
    Column(gettext_lazy("Why"), lambda task: task.why),
    Column(gettext_lazy("State"), lambda task: state_text(task)[0]),
    Column(gettext_lazy("Due"), lambda task: task.due),
    Column(gettext_lazy("For"), lambda task: str(_ROLES[task.role])),
    Column(gettext_lazy("Assigned to"), _holder),
    Column(gettext_lazy("Waived until"), _waived_until),
    Column(gettext_lazy("Opened"), lambda task: task.opened_at),
    Column(gettext_lazy("Closed"), lambda task: task.closed_at),
    Column(gettext_lazy("Last reminded"), lambda task: task.reminded_at),
)


def loaded(tasks: ObligationQuerySet, today: dt.date) -> Iterator[Obligation]:
    """The tasks with all that the columns show: one query, however many there are."""
    return tasks.with_waiver(today).select_related("system__team__lead", "assignee").iterator()
