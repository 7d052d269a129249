"""The list of tasks: whose, which, due when, in which state; all in the URL. And how many a person has."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from django.core.paginator import Page
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts.models import Team, User
from aims.accounts.roles import SIGNING, Role
from registry import obligations
from registry.models import AISystem, Obligation, ObligationQuerySet
from registry.obligation_services import ASSIGN, may_remind
from registry.paging import Keys

PAGE_SIZE = 50

WHY = 140
"""Characters of the reason that a list shows."""

SOON = dt.timedelta(days=7)
"""What is due within a week counts as due now: in the filter, and in the number beside “My work”."""

SCOPES = {
    "mine": gettext_lazy("Mine"),
    "team": gettext_lazy("My teams"),
    "all": gettext_lazy("Everybody"),
}
DUE = {
    "overdue": gettext_lazy("Overdue"),
    "week": gettext_lazy("Within a week"),
    "later": gettext_lazy("Later"),
}
STATES = {
    "open": gettext_lazy("Open"),
    "waived": gettext_lazy("Waived"),
    "met": gettext_lazy("Done"),
    "dropped": gettext_lazy("No longer asked"),
}
ASSIGNEES = {"me": gettext_lazy("Me"), "nobody": gettext_lazy("Nobody by name")}
SORTS = {
    "due": ("due", "pk"),
    "kind": ("kind", "due", "pk"),
    "system": ("system__name", "due", "pk"),
    "assignee": ("assignee__name", "due", "pk"),
}
SORTS_OF_ALL = ("due", "kind")
"""What everybody's tasks are sorted by: the rest would sort tens of thousands to show fifty."""


def due_now(user: User) -> ObligationQuerySet:
    """Open tasks of the person that are overdue or due within a week: what the navigation counts."""
    today = timezone.localdate()
    return _mine(Obligation.objects.visible_to(user).to_do(today).filter(due__lte=today + SOON), user)


def _mine(tasks: ObligationQuerySet, user: User) -> ObligationQuerySet:
    """Without signatures: those wait as decisions, and would else stand on the page twice."""
    if signing := [role.value for role in user.roles & SIGNING]:
        tasks = tasks.exclude(role__in=signing, kind__in=obligations.signing_kinds())
    return tasks.mine(user)


@dataclass(frozen=True, slots=True)
class Row:
    """One task as a list shows it: words worked out once."""

    task: Obligation
    title: str
    url: str
    why: str
    due: str
    due_tone: str
    state: str
    state_tone: str
    holder: str
    """Who has it: a person, or the role or team lead that has it by default."""
    reminded: str
    may_assign: bool
    may_remind: bool

    @property
    def may_act(self) -> bool:
        return self.may_assign or self.may_remind


@dataclass(frozen=True, slots=True)
class Search:
    """What the URL asks for, as the page shows it, and the tasks that answer it, sorted."""

    tasks: ObligationQuerySet
    scope: str
    scopes: list[tuple[str, Any]]
    filters: list[dict[str, Any]]
    query: str
    state: str
    sort: str
    sorts: tuple[str, ...]
    active: bool
    """Whether anything narrows the list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was searched for."""

    search: Search
    page: Page  # type: ignore[type-arg]
    rows: list[Row]

    @property
    def may_act(self) -> bool:
        """Whether anything of the page can be assigned or reminded of."""
        return any(row.may_act for row in self.rows)

    @property
    def may_assign(self) -> bool:
        return any(row.may_assign for row in self.rows)


PARAMETERS = ("scope", "kind", "due", "state", "assignee", "q", "sort")
"""What an address of the list may say, beside the page."""


def scopes_of(user: User) -> list[str]:
    """Whose tasks the person can ask for; the first is what they see first."""
    mine, team, everybody = ["mine"], ["team"] if user.team_ids else [], []
    if user.may_everywhere("registry.oversee_obligation"):
        everybody = ["all"]
    if user.team_ids:
        return [*team, *mine, *everybody]
    return [*mine, *everybody] if user.roles & SIGNING else [*everybody, *mine]


def search(user: User, params: QueryDict) -> Search:
    """The visible tasks that the parameters ask for. Unknown values are ignored."""
    today = timezone.localdate()
    offered = scopes_of(user)
    scope = _one(params, "scope", offered) or offered[0]
    kinds = {name: kind.title for name, kind in obligations.kinds().items()}
    chosen = {
        "kind": _one(params, "kind", kinds),
        "due": _one(params, "due", DUE),
        "state": _one(params, "state", STATES) or "open",
        "assignee": _one(params, "assignee", ASSIGNEES) or _uuid(params.get("assignee", "")),
    }
    query = params.get("q", "").strip()[:200]
    sorts = SORTS_OF_ALL if scope == "all" else tuple(SORTS)
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in sorts else "due"
    found = _in_state(Obligation.objects.visible_to(user), chosen["state"], today)
    found = _in_scope(_narrowed(found, chosen, query, user, today), user, scope)
    filters = [
        _filter("kind", _("Task"), kinds, chosen["kind"]),
        _filter("due", _("Due"), DUE, chosen["due"]),
        _filter("assignee", _("Assigned to"), _assignees(chosen["assignee"], user), chosen["assignee"]),
        _filter("state", _("State"), STATES, chosen["state"]),
    ]
    narrowed = bool(query or chosen["kind"] or chosen["due"] or chosen["assignee"])
    return Search(
        found.order_by(*_order(sort)),
        scope,
        [(name, SCOPES[name]) for name in sorted(offered, key=list(SCOPES).index)],
        filters,
        query,
        chosen["state"],
        sort,
        sorts,
        narrowed or chosen["state"] != "open",
    )


def listing(user: User, params: QueryDict) -> Listing:
    """The page of `search` that the parameters ask for."""
    today = timezone.localdate()
    found = search(user, params)
    # Only the keys are sorted and skipped; what a page shows of its tasks is read for these fifty alone.
    page = Keys(found.tasks, PAGE_SIZE, searched=bool(found.query)).get_page(params.get("page"))
    return Listing(found, page, rows_of(_loaded(list(page.object_list), today), user, today))


_SHOWN = (
    "kind",
    "why",
    "role",
    "due",
    "state",
    "reminded_at",
    "assignee__name",
    "system__name",
    "system__slug",
    "system__team__name",
    "system__team__lead__name",
)


def _loaded(keys: list[int], today: dt.date) -> list[Obligation]:
    """The tasks in the order of the keys, with all that a row shows."""
    tasks = Obligation.objects.with_waiver(today).select_related("system__team__lead", "assignee")
    by_key = {task.pk: task for task in tasks.only(*_SHOWN).filter(pk__in=keys).order_by()}
    return [by_key[key] for key in keys if key in by_key]


def _one(params: QueryDict, name: str, options: Iterable[str]) -> str:
    value = params.get(name, "")
    return value if value in options else ""


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def _assignees(chosen: str, user: User) -> dict[str, Any]:
    """What the filter offers; a person by name where the address asks for one whom the reader may know: by
    right, or from a task that both see."""
    if not chosen or chosen in ASSIGNEES:
        return ASSIGNEES
    tasks = Obligation.objects.visible_to(user).filter(assignee=uuid.UUID(chosen)).order_by()
    known = Q(pk__in=User.objects.visible_to(user).values("pk")) | Q(pk__in=tasks.values("assignee"))
    people = User.objects.filter(known, pk=uuid.UUID(chosen)).values_list("name", flat=True)
    return {**ASSIGNEES, chosen: next(iter(people), _("Nobody whom the portal knows"))}


def _order(sort: str) -> list[Any]:
    first, *rest = SORTS[sort.removeprefix("-")]
    # A column that is never empty is sorted without a word about it, or no index would serve.
    last = True if first == "assignee__name" else None
    if sort.startswith("-"):
        return [F(first).desc(nulls_last=last), *(f"-{column}" for column in rest)]
    return [F(first).asc(nulls_last=last), *rest]


def _filter(name: str, label: str, options: dict[str, Any], value: str) -> dict[str, Any]:
    return {"name": name, "label": label, "options": options.items(), "value": value}


def _in_scope(tasks: ObligationQuerySet, user: User, scope: str) -> ObligationQuerySet:
    if scope == "team":
        return tasks.filter(system__team__in=user.team_ids)
    return _mine(tasks, user) if scope == "mine" else tasks


def _in_state(tasks: ObligationQuerySet, state: str, today: dt.date) -> ObligationQuerySet:
    if state == "open":
        return tasks.to_do(today)
    if state == "waived":
        return tasks.filter(state=Obligation.State.OPEN).waived(today)
    return tasks.filter(state=state)


def _narrowed(
    tasks: ObligationQuerySet, chosen: dict[str, str], query: str, user: User, today: dt.date
) -> ObligationQuerySet:
    if chosen["kind"]:
        tasks = tasks.filter(kind=chosen["kind"])
    if chosen["due"] == "overdue":
        tasks = tasks.filter(due__lt=today)
    elif chosen["due"] == "week":
        tasks = tasks.filter(due__range=(today, today + SOON))
    elif chosen["due"] == "later":
        tasks = tasks.filter(due__gt=today + SOON)
    if chosen["assignee"] == "nobody":
        tasks = tasks.filter(assignee__isnull=True)
    elif chosen["assignee"]:
        person = user.pk if chosen["assignee"] == "me" else uuid.UUID(chosen["assignee"])
        tasks = tasks.filter(assignee=person)
    return tasks.filter(system__in=_systems(query)) if query else tasks


def _systems(query: str) -> QuerySet[AISystem]:
    """Systems in whose name, id or team every word occurs."""
    found = AISystem.objects.order_by()
    for word in query.split():
        teams = Team.objects.filter(name__icontains=word).order_by()
        found = found.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(team__in=teams))
    return found


@dataclass(frozen=True, slots=True)
class OfSystem:
    """The tasks of one system, for its page."""

    open: list[Row]
    """Waived ones last."""
    done: list[Row]


def of_system(system: AISystem, user: User) -> OfSystem:
    """What the system calls for. One query; the system's team and its lead should have been loaded."""
    today = timezone.localdate()
    tasks = list(
        Obligation.objects.filter(system=system)
        .exclude(state=Obligation.State.DROPPED)
        .with_waiver(today)
        .select_related("assignee")
        .order_by("due", "pk")
    )
    return of_tasks(tasks, system, user, today)


def of_tasks(tasks: Sequence[Obligation], system: AISystem, user: User, day: dt.date) -> OfSystem:
    """The tasks of the system, loaded `with_waiver` and in order, as they stand on the day."""
    for task in tasks:
        task.system = system
    rows = rows_of(tasks, user, day)
    to_do = [row for row in rows if row.task.state == Obligation.State.OPEN]
    return OfSystem(
        sorted(to_do, key=lambda row: vars(row.task)["waived_until"] is not None),
        [row for row in rows if row.task.state == Obligation.State.MET],
    )


# --- In words ----------------------------------------------------------------------------------------------


def rows_of(tasks: Iterable[Obligation], user: User, today: dt.date) -> list[Row]:
    """The tasks in words. Their systems with teams and leads, and assignees, should have been loaded; and
    `with_waiver`, where there may be waived ones among them."""
    roles = {role.value: str(role.label) for role in Role}
    found = []
    for task in tasks:
        is_open = task.state == Obligation.State.OPEN
        due, due_tone = due_text(task.due, today) if is_open else ("", "mute")
        state, state_tone = state_text(task)
        found.append(
            Row(
                task=task,
                title=obligations.kind_of(task.kind).title,
                url=task.get_absolute_url(),
                why=shorten(task.why, WHY, placeholder=" …"),
                due=due,
                due_tone=due_tone,
                state=state,
                state_tone=state_tone,
                holder=holder_of(task, roles),
                reminded=_("Reminded %(day)s") % {"day": f"{timezone.localtime(task.reminded_at):%-d %b}"}
                if task.reminded_at and is_open
                else "",
                may_assign=is_open and task.may_be_seen_to_by(user, ASSIGN),
                may_remind=is_open and may_remind(task, user),
            )
        )
    return found


def holder_of(task: Obligation, roles: Mapping[str, Any]) -> str:
    """Who has it: a person, or by default the lead of the team or a signing role, in the words of `roles`."""
    if task.assignee is not None:
        return task.assignee.name
    if task.role == Role.OWNER:
        return task.system.team.lead.name
    return str(roles[task.role])


def state_text(task: Obligation) -> tuple[str, str]:
    """The state in words, and its tone; a waived task, loaded `with_waiver`, says until when."""
    if task.state == Obligation.State.MET:
        return str(STATES["met"]), "ok"
    if task.state == Obligation.State.DROPPED:
        return str(STATES["dropped"]), "mute"
    if until := vars(task).get("waived_until"):
        return _("Waived until %(day)s") % {"day": f"{until:%-d %b %Y}"}, "info"
    return str(STATES["open"]), "warn"


def due_text(due: dt.date, today: dt.date) -> tuple[str, str]:
    """When it is due, in words, and the tone."""
    days = (due - today).days
    if days < 0:
        return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}, "bad"
    if days == 0:
        return _("Today"), "warn"
    if days == 1:
        return _("Tomorrow"), "warn"
    if days <= SOON.days:
        return _("In %(days)d days") % {"days": days}, "warn"
    return f"{due:%-d %b %Y}", "mute"
