"""The list of systems: filters, search, sort and page, all in the URL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from registry import presentation
from registry.choices import DataSensitivity, RiskTier
from registry.filters import FILTERS
from registry.models import AISystem, AISystemQuerySet
from registry.paging import KeysFirst

PAGE_SIZE = 50

SORTS = {
    "name": "name",
    "stage": "stage",
    "risk": "risk_rank",
    "changed": "updated_at",
    "owner": "team__name",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One system as the list shows it: words worked out once a page, since Django works out every choice of a
    field for every `get_…_display`."""

    system: AISystem
    stage: str
    tone: str
    risk: str
    risky: bool
    data: str
    changed: str


_SHOWN = (
    "slug",
    "name",
    "purpose",
    "stage",
    "risk_tier",
    "data_sensitivity",
    "updated_at",
    "team__name",
    "snapshot__verdict",
)


PARAMETERS = (*(entry.name for entry in FILTERS), "q", "sort")
"""What an address of the list may say, beside the page."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the URL asks for, and the systems that answer it."""

    systems: AISystemQuerySet
    """Sorted, with team and snapshot."""
    filters: list[dict[str, Any]]
    more_filters: list[dict[str, Any]]
    """Folded away, unless `more_open`."""
    more_open: bool
    query: str
    sort: str
    active: bool
    """Whether anything narrows the list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was found."""

    search: Search
    page: Page  # type: ignore[type-arg]
    rows: list[Row]


def listing(user: User, params: QueryDict) -> Listing:
    """The page of visible systems that the parameters ask for."""
    found = search(user, params)
    page = KeysFirst(found.systems.only(*_SHOWN), PAGE_SIZE, searched=bool(found.query)).get_page(
        params.get("page")
    )
    return Listing(found, page, rows_of(page.object_list))


def search(user: User, params: QueryDict) -> Search:
    """The visible systems that the parameters ask for. Unknown values of a filter are ignored."""
    found: AISystemQuerySet = AISystem.objects.visible_to(user)
    filters = []
    for entry in FILTERS:
        options, value = list(entry.options(user)), params.get(entry.name, "")
        if value in dict(options):
            found = entry.narrow(found, value, user)
        else:
            value = ""
        filters.append(
            {
                "name": entry.name,
                "label": entry.label,
                "options": options,
                "value": value,
                "more": entry.more,
            }
        )
    query = params.get("q", "").strip()[:200]
    found = found.search(query)
    sort = params.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "name")
    if column == "risk_rank":
        found = found.with_risk_rank()
    sort = sort if sort.removeprefix("-") in SORTS else "name"
    found = found.order_by(("-" if sort.startswith("-") else "") + column, "pk")
    used = [entry for entry in filters if entry["value"]]
    return Search(
        found.select_related("team", "snapshot"),
        filters=[entry for entry in filters if not entry["more"]],
        more_filters=[entry for entry in filters if entry["more"]],
        more_open=any(entry["more"] for entry in used),
        query=query,
        sort=sort,
        active=bool(used or query),
    )


def rows_of(systems: Iterable[AISystem], *, judged: bool = True) -> list[Row]:
    """The systems in words; unless `judged`, without whether they comply, which is known of today alone."""
    risks, data = (
        {"": str(_("not stated"))} | {value: str(label) for value, label in choices}
        for choices in (RiskTier.choices, DataSensitivity.choices)
    )
    return [
        Row(
            system,
            *presentation.standing(system, judged=judged),
            risks[system.risk_tier],
            system.risk_tier in (RiskTier.HIGH, RiskTier.CRITICAL),
            data[system.data_sensitivity],
            date_format(timezone.localtime(system.updated_at), "j M Y"),
        )
        for system in systems
    ]
