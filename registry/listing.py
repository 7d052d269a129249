"""The list of systems: filters, search, sort and page, all in the URL."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
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

SORTS = {"name": "name", "stage": "stage", "risk": "risk_rank", "changed": "updated_at", "owner": "team__name"}

class CountOnce(Paginator):  # type: ignore[type-arg]
    """Django's paginator; the list it pages is already bounded by rights and filters."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().count()  # type: ignore[union-attr, no-any-return]


@dataclass(frozen=True, slots=True)
class Listing:
    """What the URL asks for, and the page that answers it."""

    page: Page  # type: ignore[type-arg]
    filters: list[dict[str, Any]]
    query: str
    sort: str
    active: bool
    """Whether anything narrows the list."""


def listing(user: User, params: QueryDict) -> Listing:
    """The page of visible systems that the parameters ask for. Unknown values of a filter are ignored."""
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
    filters.append({"name": "owner", "label": _("Owner"), "options": teams, "value": chosen.get("team__slug", "")})
    query = params.get("q", "").strip()[:200]
    found = systems.filter(**chosen).search(query)
    sort = params.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "name")
    if column == "risk_rank":
        found = found.with_risk_rank()
    sort = sort if sort.removeprefix("-") in SORTS else "name"
    found = found.order_by(("-" if sort.startswith("-") else "") + column, "pk")
    page = CountOnce(found.select_related("team", "snapshot"), PAGE_SIZE).get_page(params.get("page"))
    return Listing(page, filters, query, sort, bool(chosen or query or compliance == "out"))
