"""The lists of people and teams: filters, search, sort and page, all in the URL."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import Invitation, Team, TeamMembership, User, UserQuerySet
from aims.accounts.roles import Role
from aims.tables.export import Column

PAGE_SIZE = 50

STATES = {
    "active": gettext_lazy("Active"),
    "invited": gettext_lazy("Cannot log in yet"),
    "inactive": gettext_lazy("Deactivated"),
}
PEOPLE_SORTS = {"name": "name", "email": "email", "login": "last_login"}
TEAM_SORTS = {"name": "name", "lead": "lead__name", "members": "members"}


@dataclass(frozen=True, slots=True)
class Listing:
    """What the URL asks for, and the page that answers it."""

    found: Any
    """All that the URL asks for, as a QuerySet."""
    page: Page  # type: ignore[type-arg]
    rows: list[Any]
    filters: list[dict[str, Any]]
    query: str
    sort: str
    active: bool
    """Whether anything narrows the list."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands, in a word."""

    word: str
    tone: str
    note: str = ""


def standing_of(person: User, invitation: Invitation | None, *, now: dt.datetime) -> Standing:
    """Active, invited, or whatever else keeps somebody from logging in."""
    if person.is_machine:
        return Standing(_("Runs commands"), "mute")
    if not person.is_active:
        return Standing(_("Deactivated"), "mute")
    if person.has_usable_password():
        return Standing(_("Active"), "ok")
    if invitation is None:
        return Standing(_("Not invited"), "warn", _("Cannot log in before an invitation is sent."))
    if invitation.revoked_at:
        return Standing(_("Invitation taken back"), "warn", _("Cannot log in before a new one is sent."))
    if invitation.accepted_at or invitation.is_open(now=now):
        if invitation.sent_at is None:
            return Standing(_("E-mail not sent"), "bad", _("Send the invitation again."))
        until = date_format(timezone.localtime(invitation.expires_at), "j M Y")
        return Standing(_("Invited"), "info", _("The link works until %(until)s.") % {"until": until})
    return Standing(_("Invitation expired"), "warn", _("Send it again."))


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as the list shows them."""

    person: User
    standing: Standing
    roles: list[str]
    teams: list[str]
    last_login: str


def people(reader: User, params: QueryDict) -> Listing:
    """The page of visible people that the parameters ask for. Unknown values of a filter are ignored."""
    teams = list(Team.objects.filter(is_active=True).values_list("slug", "name"))
    roles = [(role.value, role.label) for role in Role]
    filters = [
        _filter("state", _("State"), list(STATES.items()), params),
        _filter("role", _("Role"), roles, params),
        _filter("team", _("Team"), teams, params),
    ]
    state, role, team = (each["value"] for each in filters)
    query = params.get("q", "").strip()[:200]
    found: UserQuerySet = User.objects.visible_to(reader)
    if state:
        found = {
            "active": found.able_to_log_in,
            "invited": found.without_password,
            "inactive": lambda: found.filter(is_active=False),
        }[state]()
    if role == Role.OWNER:
        members = TeamMembership.objects.filter(team__is_active=True)
        found = found.filter(pk__in=members.values("user"))
    elif role:
        found = found.filter(role_grants__role=role)
    if team:
        found = found.filter(memberships__team__slug=team)
    sort, order = _order(params, PEOPLE_SORTS)
    found = found.search(query).order_by(*order).select_related("invitation").prefetch_related("role_grants")
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    return Listing(
        found,
        page,
        _people_rows(page.object_list),
        filters,
        query,
        sort,
        bool(state or role or team or query),
    )


def every_person(found: UserQuerySet) -> Iterator[PersonRow]:
    """All the rows, some hundred at a time: what a file of the list holds."""
    people = found.iterator(chunk_size=BATCH)
    while part := list(islice(people, BATCH)):
        yield from _people_rows(part)


BATCH = 500


def _people_rows(found: Iterable[User]) -> list[PersonRow]:
    shown = list(found)
    places = TeamMembership.objects.filter(user__in=shown, team__is_active=True).order_by("team__name")
    teams: dict[Any, list[str]] = defaultdict(list)
    for user_id, name in places.values_list("user_id", "team__name"):
        teams[user_id].append(name)
    labels = {role.value: str(role.label) for role in Role}
    now = timezone.now()
    return [
        PersonRow(
            person,
            standing_of(person, getattr(person, "invitation", None), now=now),
            [labels[Role.OWNER]] * bool(teams[person.pk])
            + [labels[grant.role] for grant in person.role_grants.all()],
            teams[person.pk],
            date_format(timezone.localtime(person.last_login), "j M Y") if person.last_login else _("never"),
        )
        for person in shown
    ]


def teams(reader: User, params: QueryDict) -> Listing:
    """The page of visible teams that the parameters ask for. Unknown values of a filter are ignored."""
    states = [("active", _("Active")), ("inactive", _("Switched off"))]
    filters = [_filter("state", _("State"), states, params)]
    state = filters[0]["value"]
    query = params.get("q", "").strip()[:200]
    found = Team.objects.visible_to(reader).search(query)
    if state:
        found = found.filter(is_active=state == "active")
    sort, order = _order(params, TEAM_SORTS)
    found = found.annotate(members=Count("memberships")).select_related("lead", "deputy").order_by(*order)
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    return Listing(found, page, list(page.object_list), filters, query, sort, bool(state or query))


PEOPLE_COLUMNS: tuple[Column[PersonRow], ...] = (
    Column(gettext_lazy("Name"), lambda row: row.person.name),
    Column(gettext_lazy("E-mail address"), lambda row: row.person.email),
    Column(gettext_lazy("State"), lambda row: row.standing.word),
    Column(gettext_lazy("Roles"), lambda row: ", ".join(row.roles)),
    Column(gettext_lazy("Teams"), lambda row: ", ".join(row.teams)),
    Column(gettext_lazy("Joined"), lambda row: row.person.date_joined),
    Column(gettext_lazy("Last login"), lambda row: row.person.last_login),
)
TEAM_COLUMNS: tuple[Column[Any], ...] = (
    Column(gettext_lazy("Short name"), lambda team: team.slug),
    Column(gettext_lazy("Name"), lambda team: team.name),
    Column(gettext_lazy("Lead"), lambda team: team.lead.name),
    Column(gettext_lazy("Deputy"), lambda team: team.deputy.name if team.deputy else ""),
    Column(gettext_lazy("Members"), lambda team: team.members),
    Column(gettext_lazy("Active"), lambda team: team.is_active),
)
"""Of the lists as tables for spreadsheets."""


def _filter(name: str, label: str, options: list[tuple[str, Any]], params: QueryDict) -> dict[str, Any]:
    value = params.get(name, "")
    return {
        "name": name,
        "label": label,
        "options": options,
        "value": value if value in dict(options) else "",
    }


def _order(params: QueryDict, sorts: dict[str, str]) -> tuple[str, list[Any]]:
    """The sort that the URL asks for (else by name), and the columns that it means; empty ones come last."""
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in sorts else "name"
    column = F(sorts[sort.removeprefix("-")])
    down = sort.startswith("-")
    return sort, [column.desc(nulls_last=True) if down else column.asc(nulls_last=True), "pk"]
