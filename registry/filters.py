"""By what the list of systems can be narrowed: one entry a parameter of the address.

Whoever shows a number that is such a list links to it by these: `?review=overdue`, `?awaits=dpo`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import Team, User
from aims.accounts.roles import SIGNING, Role
from registry import blockers
from registry.choices import DataSensitivity, EuAiActTier, RiskTier, Stage
from registry.models import AISystem, AISystemQuerySet

Option = tuple[str, Any]

ACTIVE = "active"
"""Of the stage: every one but retired."""

UNSTATED = "unstated"
"""Of a tier: where the record says nothing yet."""

MINE, NOBODY = "~mine", "~nobody"
"""Of the owner, beside the teams (no short name has a tilde): one's own, and where nobody is left to ask."""

REVIEW_AHEAD = dt.timedelta(days=90)
"""How far ahead a review counts as due."""

BANDS = (
    ("low", _("Low")),
    ("moderate", _("Moderate")),
    ("high", _("High")),
    ("very_high", _("Very high")),
)
"""Of residual risk, as assessments rate it, from the mildest to the worst."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter: its values, and how each narrows the list."""

    name: str
    label: Any
    options: Callable[[User], Iterable[Option]]
    """What is offered to a person: nothing that they may not see."""
    narrow: Callable[[AISystemQuerySet, str, User], AISystemQuerySet]
    more: bool = False
    """Whether it stands among the less common ones, folded away until used."""
    travels: bool = False
    """Whether the history of a system can answer it: then `narrow` takes rows of it too."""


def _column(name: str, label: Any, choices: Iterable[Option], extra: Option) -> Filter:
    """A column with a fixed set of words, and one option beyond them."""

    def narrow(systems: AISystemQuerySet, value: str, user: User) -> AISystemQuerySet:
        if value == ACTIVE:
            return systems.exclude(stage=Stage.RETIRED)
        return systems.filter(**{name: "" if value == UNSTATED else value})

    options = [*choices, extra]
    return Filter(name, label, lambda user: options, narrow, travels=True)


def _owners(user: User) -> Iterator[Option]:
    yield MINE, _("My teams")
    yield NOBODY, _("Nobody active")
    teams = Team.objects.all()
    if not user.may_everywhere("registry.view_aisystem"):
        theirs = AISystem.objects.visible_to(user).order_by().values("team")
        teams = teams.filter(Q(pk__in=user.team_ids) | Q(pk__in=theirs))
    yield from teams.values_list("slug", "name")


def _by_owner(systems: AISystemQuerySet, value: str, user: User) -> AISystemQuerySet:
    if value == MINE:
        return systems.filter(team__in=user.team_ids)
    return systems.without_owner() if value == NOBODY else systems.filter(team__slug=value)


def _by_review(systems: AISystemQuerySet, value: str, user: User) -> AISystemQuerySet:
    return systems.filter(overdue() if value == "overdue" else due_soon())


def overdue() -> Q:
    """Systems whose review should have been done before today."""
    return Q(snapshot__review_due__lt=timezone.localdate())


def due_soon() -> Q:
    """Systems whose review is due from today on, within `REVIEW_AHEAD`."""
    today = timezone.localdate()
    return Q(snapshot__review_due__range=(today, today + REVIEW_AHEAD))


def _signers(user: User) -> Iterable[Option]:
    return [(role.value, role.label) for role in Role if role in SIGNING]


def _by_signature(**how: Any) -> Callable[[AISystemQuerySet, str, User], AISystemQuerySet]:
    conditions = {f"blocked_by__{name}": value for name, value in how.items()}
    return lambda systems, role, user: systems.filter(
        blocked_by__cause=blockers.signature_of(Role(role)), **conditions
    )


FILTERS = (
    _column("stage", _("Stage"), Stage.choices, (ACTIVE, _("All but retired"))),
    _column("risk_tier", _("Risk tier"), RiskTier.choices, (UNSTATED, _("Not stated"))),
    _column("data_sensitivity", _("Data"), DataSensitivity.choices, (UNSTATED, _("Not stated"))),
    _column("eu_ai_act_tier", _("EU AI Act"), EuAiActTier.choices, (UNSTATED, _("Not stated"))),
    Filter(
        "compliance",
        _("Compliance"),
        lambda user: [("out", _("Out of compliance"))],
        lambda systems, value, user: systems.out_of_compliance(),
    ),
    Filter("owner", _("Owner"), _owners, _by_owner, travels=True),
    Filter(
        "blocked_by",
        _("Blocked by"),
        lambda user: blockers.titles().items(),
        lambda systems, cause, user: systems.filter(blocked_by__cause=cause),
        more=True,
    ),
    Filter("awaits", _("Waits for the signature of"), _signers, _by_signature(awaited=True), more=True),
    Filter("stale", _("Stale signature of"), _signers, _by_signature(state="stale"), more=True),
    Filter(
        "review",
        _("Review"),
        lambda user: [("overdue", _("Overdue")), ("due", _("Due within 90 days"))],
        _by_review,
        more=True,
    ),
    Filter(
        "residual",
        _("Residual risk"),
        lambda user: BANDS,
        lambda systems, band, user: systems.filter(snapshot__residual=band),
        more=True,
    ),
)
