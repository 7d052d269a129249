"""The list of assessments: one row a system, its newest version; filter, search and page stand in the URL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import SIGNING, Role
from aims.tables.export import Column
from assessments import presentation
from assessments.models import Assessment, AssessmentQuerySet
from assessments.states import State
from registry.paging import KeysFirst

PAGE_SIZE = 50
SORTS = {"ref": "ref", "system": "system__name", "state": "state", "changed": "updated_at"}
_NEWEST_FIRST = "-changed"


PARAMETERS = ("state", "awaits", "q", "sort")
"""What an address of the list may say, beside the page."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the URL asks for, and the assessments that answer it."""

    assessments: AssessmentQuerySet
    """Sorted, with system and team, without their content."""
    states: list[tuple[str, Any]]
    state: str
    roles: list[tuple[str, Any]]
    awaits: str
    """The role for which the assessments wait."""
    query: str
    sort: str
    active: bool
    """Whether anything narrows the list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was found."""

    search: Search
    page: Page  # type: ignore[type-arg]
    rows: list[dict[str, Any]]


def search(user: User, params: QueryDict) -> Search:
    """The assessments that the parameters ask for. Unknown values are ignored."""
    state = params.get("state", "")
    state = state if state in State.values else ""
    roles = [(role.value, role.label) for role in Role if role in SIGNING or role is Role.OWNER]
    awaits = params.get("awaits", "")
    awaits = awaits if awaits in dict(roles) else ""
    query = params.get("q", "").strip()[:200]
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else _NEWEST_FIRST
    found = Assessment.objects.visible_to(user).newest().search(query)
    if state:
        found = found.filter(state=state)
    if awaits:
        found = found.awaiting(Role(awaits))
    column = ("-" if sort.startswith("-") else "") + SORTS[sort.removeprefix("-")]
    found = found.select_related("system__team").defer("content", "record").order_by(column, "pk")
    return Search(
        found,
        states=list(State.choices),
        state=state,
        roles=roles,
        awaits=awaits,
        query=query,
        sort=sort,
        active=bool(state or awaits or query),
    )


def listing(user: User, params: QueryDict) -> Listing:
    """The page that the parameters ask for."""
    found = search(user, params)
    page = KeysFirst(found.assessments, PAGE_SIZE, searched=bool(found.query)).get_page(params.get("page"))
    return Listing(found, page, rows_of(page.object_list))


def rows_of(assessments: Iterable[Assessment]) -> list[dict[str, Any]]:
    """The assessments in words."""
    return [
        {
            "assessment": assessment,
            "tone": presentation.STATE_TONES[State(assessment.state)],
            "band": presentation.band_label(assessment.residual),
            "band_tone": presentation.BAND_TONES[assessment.residual],
        }
        for assessment in assessments
    ]


COLUMNS: tuple[Column[Assessment], ...] = (
    Column(gettext_lazy("Reference"), lambda assessment: assessment.ref),
    Column(gettext_lazy("Version"), lambda assessment: assessment.version),
    Column(gettext_lazy("System ID"), lambda assessment: assessment.system.slug),
    Column(gettext_lazy("AI system"), lambda assessment: assessment.system.name),
    Column(gettext_lazy("Owner"), lambda assessment: assessment.system.team.slug),
    Column(gettext_lazy("Team"), lambda assessment: assessment.system.team.name),
    Column(gettext_lazy("State"), lambda assessment: str(State(assessment.state).label)),
    Column(gettext_lazy("Decision"), lambda assessment: str(assessment.get_decision_display())),
    Column(
        gettext_lazy("Residual risk"),
        lambda assessment: presentation.band_label(assessment.residual) if assessment.decision else "",
    ),
    Column(gettext_lazy("Begun"), lambda assessment: assessment.created_at),
    Column(gettext_lazy("Submitted"), lambda assessment: assessment.submitted_at),
    Column(gettext_lazy("Approved"), lambda assessment: assessment.approved_at),
    Column(gettext_lazy("Changed"), lambda assessment: assessment.updated_at),
)
"""Of the list as a table for spreadsheets."""
