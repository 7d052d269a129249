"""Systems, and their tasks and signatures, as they were at a moment.

Who may see them is judged by today's rights. A system that has been taken away since is shown to whoever may
see all systems.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from aims.accounts.models import Team, User
from aims.ledger import as_of
from aims.ledger.moments import NotYet
from aims.policy.policies import shipped
from aims.signoffs.standing import latest_decisions
from registry import facts, gate, obligation_list
from registry.filters import FILTERS, NOBODY
from registry.listing import PAGE_SIZE, SORTS, Listing, Search, rows_of
from registry.models import AISystem, Obligation, Waiver
from registry.models.system import has_words, risk_rank
from registry.paging import Keys

_SEES_ALL = "registry.view_aisystem"


def rows(user: User, moment: dt.datetime) -> QuerySet[Any]:
    """A row of history for each system that was there and that the person may see today."""
    removed = as_of.removed_keys(AISystem) if user.may_everywhere(_SEES_ALL) else None
    return as_of.rows_at(AISystem, moment, AISystem.objects.visible_to(user), removed=removed)


def with_teams(found: Sequence[Any], moment: dt.datetime) -> list[AISystem]:
    """The systems of rows of history, each with its team as it was. One query."""
    systems: list[AISystem] = as_of.objects_of(found)
    among = Team.objects.filter(pk__in={system.team_id for system in systems})
    then = as_of.rows_at(Team, moment, among).select_related("lead", "deputy")
    teams = {team.pk: team for team in as_of.objects_of(then)}
    for system in systems:
        if system.team_id in teams:
            system.team = teams[system.team_id]
    return systems


# --- The list ----------------------------------------------------------------------------------------------


def listing(user: User, params: QueryDict, moment: dt.datetime) -> Listing:
    """The page of the systems of the moment that the parameters ask for. Two queries and the filters' own."""
    found = search(user, params, moment)
    # Counted and picked in one go: which rows were the newest is worked out once.
    page: Page[Any] = Keys(found.systems, PAGE_SIZE, searched=True).get_page(params.get("page"))
    systems = loaded(list(page.object_list), moment)
    return Listing(found, page, rows_of(systems, judged=False))


def loaded(keys: Sequence[int], moment: dt.datetime) -> list[AISystem]:
    """Systems of rows of history, by the rows' keys and in their order."""
    by_key = AISystem.history.in_bulk(keys)
    return with_teams([by_key[key] for key in keys], moment)


def search(user: User, params: QueryDict, moment: dt.datetime) -> Search:
    """Rows of history that the parameters ask for. What the history cannot answer is not offered, and is
    ignored in an address."""
    found = rows(user, moment)
    filters = []
    for entry in FILTERS:
        if not entry.travels:
            continue
        options = [option for option in entry.options(user) if option[0] != NOBODY]
        value = params.get(entry.name, "")
        value = value if value in dict(options) else ""
        if value:
            found = entry.narrow(found, value, user)  # type: ignore[arg-type]  # its columns are the same
        told = {"name": entry.name, "label": entry.label, "options": options, "value": value, "more": False}
        filters.append(told)
    query = params.get("q", "").strip()[:200]
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "name"
    column = SORTS[sort.removeprefix("-")]
    found = found.filter(has_words(query))
    if column == "risk_rank":
        found = found.annotate(risk_rank=risk_rank())
    found = found.order_by(("-" if sort.startswith("-") else "") + column, "id")
    active = bool(query or any(entry["value"] for entry in filters))
    return Search(found, filters, [], False, query, sort, active)  # type: ignore[arg-type]


# --- One system --------------------------------------------------------------------------------------------


def key_of(user: User, slug: str) -> int:
    """The key of a system that the person may see today, or of one that is no more. Raises Http404."""
    visible = AISystem.objects.visible_to(user).filter(slug=slug).values_list("pk", flat=True).first()
    if visible is not None:
        return visible
    if user.may_everywhere(_SEES_ALL):
        gone = AISystem.history.filter(slug=slug, id__in=as_of.removed_keys(AISystem))
        if row := gone.order_by("-history_date").first():
            return int(row.id)
    raise Http404


def system_at(user: User, slug: str, moment: dt.datetime) -> AISystem:
    """The system as it was. Raises Http404 for one that the person may not see, and NotYet."""
    row = as_of.rows_at(AISystem, moment, AISystem.objects.visible_to(user).filter(slug=slug)).first()
    if row is None:
        key = key_of(user, slug)
        row = as_of.row_at(AISystem, moment, key)
        if row is None:
            raise NotYet(_absence(key, moment))
    (system,) = with_teams([row], moment)
    return system


def _absence(key: int, moment: dt.datetime) -> str:
    """Why a system was not there."""
    own = AISystem.history.filter(id=key).order_by("history_date", "history_id")
    if own.filter(history_date__lte=moment).exists():
        return _("The system had been taken out of the register again by then.")
    first = own.first()
    return _("“%(name)s” was registered on %(day)s, so there is nothing to see of it before.") % {
        "name": first.name,
        "day": date_format(timezone.localtime(first.history_date), "j F Y H:i"),
    }


def signed_at(system: AISystem, moment: dt.datetime) -> gate.Signed:
    """Record and signatures of a system as it was: what had been signed until then, held by today's rules
    against what the record said then."""
    assessment = facts.known_at("assessment", [system], moment).get(system.pk)
    decisions = latest_decisions(gate.SUBJECT, [system.pk], until=moment).get(system.pk, {})
    return gate.signed_as(system, assessment, decisions, shipped())


def tasks_at(system: AISystem, user: User, moment: dt.datetime) -> obligation_list.OfSystem:
    """What the system called for. Two queries."""
    of_system = Obligation.objects.filter(system=system.pk)
    found = as_of.rows_at(Obligation, moment, of_system).exclude(state=Obligation.State.DROPPED)
    tasks: list[Obligation] = as_of.objects_of(found.select_related("assignee").order_by("due", "id"))
    granted = as_of.rows_at(Waiver, moment, Waiver.objects.filter(obligation__system=system.pk))
    day = timezone.localdate(moment)
    waivers = list(granted.filter(state=Waiver.State.GRANTED, until__gte=day).order_by("until"))
    for task in tasks:
        holding = [
            waiver.until
            for waiver in waivers
            if waiver.obligation_id == task.pk and waiver.requested_at >= task.opened_at
        ]
        vars(task)["waived_until"] = max(holding, default=None)
    return obligation_list.of_tasks(tasks, system, user, day)
