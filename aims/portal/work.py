"""“My work”: what a person has to see to, gathered from all apps."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Count, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.roles import SIGNING
from aims.notifications.models import Notice
from aims.signoffs.models import SignOff
from aims.signoffs.subjects import Waiting
from aims.signoffs.waiting import all_waiting, number_waiting, waiting_for
from assessments.models import Assessment
from registry import snapshots
from registry.models import AISystem
from registry.obligation_list import Listing, due_now, due_text, listing

SHOWN = 20
"""Decisions, and assessments to finish; as some are seen to, the next come up."""

PAGE_SIZE = 50

RECENT = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision that waits, in words."""

    url: str
    request: str
    title: str
    detail: str
    role: str
    since: str
    due: str
    due_tone: str


@dataclass(frozen=True, slots=True)
class Work:
    """The parts of the page, the lists at most `SHOWN` long, with how many there are in all."""

    waiting: Sequence[Waiting]
    waiting_total: int
    unfinished: Sequence[Assessment]
    unfinished_total: int
    due: int
    """Own tasks that are overdue or due within a week, as the navigation counts them."""
    tasks: Listing
    nothing: dict[str, Any]
    """What the list of tasks says where it is empty: title, text, and perhaps url and action."""

    @property
    def decisions(self) -> list[Decision]:
        today = timezone.localdate()
        return [_in_words(entry, today) for entry in self.waiting]


def work_of(user: User, params: QueryDict) -> Work:
    """Everything that waits for the person. The number of queries does not depend on how much that is."""
    snapshots.keep_current()
    waiting = waiting_for(user, SHOWN + 1)
    unfinished, unfinished_total = _unfinished(user) if user.team_ids else ([], 0)
    tasks = listing(user, params)
    total = number_waiting(user) if len(waiting) > SHOWN else len(waiting)
    return Work(
        waiting=waiting[:SHOWN],
        waiting_total=total,
        unfinished=unfinished,
        unfinished_total=unfinished_total,
        due=max(0, number_to_do(user) - (total if user.roles & SIGNING else 0)),
        tasks=tasks,
        nothing={} if tasks.rows else _nothing(user, tasks),
    )


def _in_words(entry: Waiting, today: dt.date) -> Decision:
    due, tone = due_text(entry.due, today) if entry.due else ("", "mute")
    return Decision(
        url=entry.url,
        request=str(entry.request),
        title=entry.title,
        detail=str(entry.detail),
        role=str(entry.role.label),
        since=f"{timezone.localtime(entry.since):%-d %b %Y}",
        due=due,
        due_tone=tone,
    )


def _nothing(user: User, tasks: Listing) -> dict[str, Any]:
    """Words for a list without tasks: what will appear there, and what to do next."""
    if tasks.search.active:
        return {
            "icon": "search",
            "title": _("No task matches"),
            "text": _("Clear a filter or search for something else."),
            "url": f"?scope={tasks.search.scope}",
            "action": _("Clear the filters"),
        }
    if tasks.search.scope == "all":
        return {
            "icon": "check",
            "title": _("No task is open"),
            "text": _("Everything that policy asks of the systems in charge is done."),
        }
    if user.team_ids and not AISystem.objects.filter(team__in=user.team_ids).exists():
        return {
            "icon": "systems",
            "title": _("Your teams have no systems yet"),
            "text": _(
                "Register one, or bring records in from files. The tasks that policy asks for open then."
            ),
            "url": reverse("registry:imports"),
            "action": _("Import systems"),
        }
    if user.team_ids:
        return {
            "icon": "check",
            "title": _("Nothing is to be done"),
            "text": _(
                "Tasks open by themselves: when a system is registered, and when what was done lapses."
            ),
        }
    if user.roles & SIGNING:
        return {
            "icon": "check",
            "title": _("No task for your role"),
            "text": _("Signatures wait above. What else policy gives to your role stands here."),
        }
    return {
        "icon": "check",
        "title": _("Your roles have no tasks"),
        "text": _(
            "Tasks go to the teams that own systems, decisions to those who sign. Systems and assessments "
            "that you may read stand under their own entries."
        ),
    }


def _unfinished(user: User) -> tuple[list[Assessment], int]:
    rows = Assessment.objects.editable().filter(system__team__in=user.team_ids).select_related("system")
    first = list(rows.defer("content", "record").order_by("updated_at", "pk")[: SHOWN + 1])
    return first[:SHOWN], rows.count() if len(first) > SHOWN else len(first)


def decided_by(user: User, params: QueryDict) -> Page[SignOff]:
    """What the person decided in the last days, newest first."""
    own = SignOff.objects.filter(signer=user, signed_at__gte=timezone.now() - RECENT).order_by("-pk")
    return Paginator(own.defer("signed_bytes"), PAGE_SIZE).get_page(params.get("page"))


def number_to_do(user: User) -> int:
    """What the navigation counts: decisions that wait, and own tasks that are overdue or due within a week.
    Tasks that have time would make a number that never goes down.

    One query, and none for a second question of the same request: the page and its frame both ask.
    """
    return _counted(user)["work"]


def number_unread(user: User) -> int:
    """Notices that the person has not read. It comes with the same query as `number_to_do`."""
    return _counted(user)["unread"]


def _counted(user: User) -> dict[str, int]:
    if _TO_DO not in vars(user):
        decisions = all_waiting(user) if user.roles & SIGNING else []
        work = [rows for rows in (*decisions, due_now(user)) if not rows.query.is_empty()]
        parts = [_number("work", rows) for rows in work]
        unread = _number("unread", Notice.objects.visible_to(user).unread())
        found = {"work": 0, "unread": 0}
        for name, number in unread.union(*parts, all=True):
            found[name] += number
        vars(user)[_TO_DO] = found
    counted: dict[str, int] = vars(user)[_TO_DO]
    return counted


def _number(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """One row: the name, and how many there are."""
    keys = rows.order_by().values("pk")
    named = rows.model._default_manager.filter(pk__in=keys).order_by().values(name=Value(name, CharField()))
    return named.annotate(number=Count("pk")).values_list("name", "number")


_TO_DO = "number_to_do"
"""Where the person of a request carries it."""
