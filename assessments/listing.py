"""The list of assessments: one row a system, its newest version; filter, search and page stand in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from aims.accounts.models import User
from assessments import presentation
from assessments.models import Assessment
from assessments.states import State

PAGE_SIZE = 50
SORTS = {"ref": "ref", "system": "system__name", "state": "state", "changed": "updated_at"}
_NEWEST_FIRST = "-changed"


@dataclass(frozen=True, slots=True)
class Listing:
    """What the URL asks for, and the page that answers it."""

    page: Page  # type: ignore[type-arg]
    rows: list[dict[str, Any]]
    states: list[tuple[str, Any]]
    state: str
    query: str
    sort: str
    active: bool
    """Whether anything narrows the list."""


def listing(user: User, params: QueryDict) -> Listing:
    """The page that the parameters ask for. Unknown values are ignored."""
    state = params.get("state", "")
    state = state if state in State.values else ""
    query = params.get("q", "").strip()[:200]
    sort = params.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else _NEWEST_FIRST
    found = Assessment.objects.visible_to(user).newest().search(query)
    if state:
        found = found.filter(state=state)
    column = ("-" if sort.startswith("-") else "") + SORTS[sort.removeprefix("-")]
    found = found.select_related("system__team").defer("content", "record").order_by(column, "pk")
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    rows = [
        {
            "assessment": assessment,
            "tone": presentation.STATE_TONES[State(assessment.state)],
            "band": presentation.band_label(assessment.residual),
            "band_tone": presentation.BAND_TONES[assessment.residual],
        }
        for assessment in page.object_list
    ]
    return Listing(page, rows, list(State.choices), state, query, sort, bool(state or query))
