"""The list of systems: filters, search, sort and page, all in the URL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import Team, User
from registry.choices import DataSensitivity, EuAiActTier, RiskTier, Stage
from registry.models import AISystem, AISystemQuerySet

PAGE_SIZE = 50

CHOICES: dict[str, tuple[Any, list[tuple[str, Any]]]] = {
    "stage": (_("Stage"), Stage.choices),
    "risk_tier": (_("Risk tier"), RiskTier.choices),
    "data_sensitivity": (_("Data"), DataSensitivity.choices),
    "eu_ai_act_tier": (_("EU AI Act"), EuAiActTier.choices),
}

SORTS = {
    "name": "name",
    "stage": "stage",
    "risk": "risk_rank",
    "changed": "updated_at",
    "owner": "team__name",
}


class CountOnce(Paginator):  # type: ignore[type-arg]
    """Django's paginator; the list it pages is already bounded by rights and filters."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().count()  # type: ignore[attr-defined, no-any-return]


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

_TONES = {Stage.PRODUCTION.value: "ok", Stage.SUSPENDED.value: "bad"}


PARAMETERS = (*CHOICES, "compliance", "owner", "q", "sort")
"""What an address of the list may say, beside the page."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the URL asks for, and the systems that answer it."""

    systems: AISystemQuerySet
    """Sorted, with team and snapshot."""
    filters: list[dict[str, Any]]
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
    page = CountOnce(found.systems.only(*_SHOWN), PAGE_SIZE).get_page(params.get("page"))
    return Listing(found, page, _rows(page.object_list))


def search(user: User, params: QueryDict) -> Search:
    """The visible systems that the parameters ask for. Unknown values of a filter are ignored."""
    systems: AISystemQuerySet = AISystem.objects.visible_to(user)
    filters, chosen = [], {}
    for name, (label, options) in CHOICES.items():
        value = params.get(name, "")
        if value in dict(options):
            chosen[name] = value
        filters.append({"name": name, "label": label, "options": options, "value": chosen.get(name, "")})
    teams = list(Team.objects.values_list("slug", "name"))
    owner = params.get("owner", "")
    if owner in dict(teams):
        chosen["team__slug"] = owner
    compliance = params.get("compliance", "")
    if compliance == "out":
        systems = systems.out_of_compliance()
    filters.append(
        {
            "name": "compliance",
            "label": _("Compliance"),
            "options": [("out", _("Out of compliance"))],
            "value": compliance if compliance == "out" else "",
        }
    )
    filters.append(
        {"name": "owner", "label": _("Owner"), "options": teams, "value": chosen.get("team__slug", "")}
    )
    query = params.get("q", "").strip()[:200]
    found = systems.filter(**chosen).search(query)
    sort = params.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "name")
    if column == "risk_rank":
        found = found.with_risk_rank()
    sort = sort if sort.removeprefix("-") in SORTS else "name"
    found = found.order_by(("-" if sort.startswith("-") else "") + column, "pk")
    return Search(
        found.select_related("team", "snapshot"),
        filters,
        query,
        sort,
        active=bool(chosen or query or compliance == "out"),
    )


def _rows(systems: Iterable[AISystem]) -> list[Row]:
    stages, risks, data = (
        {"": str(_("not stated"))} | {value: str(label) for value, label in choices}
        for choices in (Stage.choices, RiskTier.choices, DataSensitivity.choices)
    )
    return [
        Row(
            system,
            str(_OUT) if system.listed_out_of_compliance else stages[system.stage],
            "bad" if system.listed_out_of_compliance else _TONES.get(system.stage, "mute"),
            risks[system.risk_tier],
            system.risk_tier in (RiskTier.HIGH, RiskTier.CRITICAL),
            data[system.data_sensitivity],
            date_format(timezone.localtime(system.updated_at), "j M Y"),
        )
        for system in systems
    ]


_OUT = _("Out of compliance")
