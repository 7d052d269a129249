"""The overview: which figures and cards a person gets.

A role has an arrangement of cards from one set; somebody with several roles gets all of theirs, those of the
most decisive role first.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal.cards import CARDS
from aims.portal.census import Census
from aims.portal.figures import FIGURES


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which figures and cards, in which order; `side` is the narrow column, below the others on a phone."""

    figures: tuple[str, ...] = ()
    main: tuple[str, ...] = ()
    side: tuple[str, ...] = ()


ARRANGEMENTS: dict[Role, Arrangement] = {
    Role.LEAD: Arrangement(
        ("systems", "production", "out", "overdue", "due"),
        ("compliance", "causes", "queue", "reviews", "decisions"),
        ("gap", "stages", "risks", "ai_act"),
    ),
    Role.DPO: Arrangement(
        ("to_sign", "to_decide", "stale", "out", "overdue"),
        ("waiting", "data_and_risk", "causes"),
        ("gap", "residual", "risks", "stages"),
    ),
    Role.CTO: Arrangement(
        ("production", "out", "to_sign", "stale", "suspended"),
        ("compliance", "causes"),
        ("gap", "stages", "decisions"),
    ),
    Role.SECURITY: Arrangement(
        ("to_sign", "to_decide", "stale", "out"),
        ("waiting", "data_and_risk", "causes"),
        ("risks", "stages"),
    ),
    Role.ONCALL: Arrangement(("suspended", "production", "out"), ("live", "compliance"), ("stages",)),
    Role.OWNER: Arrangement(
        ("systems", "production", "out", "overdue", "due"),
        ("own", "reviews"),
        ("stages", "risks", "decisions"),
    ),
    Role.ADMIN: Arrangement(("systems",), ("people",), ("stages",)),
    Role.AUDITOR: Arrangement(
        ("systems", "production", "out", "overdue"),
        ("compliance", "data_and_risk", "decisions"),
        ("evidence", "stages", "ai_act"),
    ),
    Role.EXTERNAL_AUDITOR: Arrangement((), ("opened",), ("evidence",)),
}
"""By role, the most decisive first: theirs come first for somebody with several."""

WITHOUT_A_ROLE = Arrangement((), ("opened",))


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The overview of one person, filled."""

    figures: list[dict[str, Any]]
    main: list[dict[str, Any]]
    side: list[dict[str, Any]]
    today: dt.date


def arrangement_of(roles: Iterable[Role]) -> Arrangement:
    """All that the roles are shown, each card once."""
    held = set(roles)
    found = [arrangement for role, arrangement in ARRANGEMENTS.items() if role in held] or [WITHOUT_A_ROLE]

    def union(part: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for arrangement in found for name in getattr(arrangement, part)))

    main = union("main")
    if len(main) > 1:  # whoever sees more has no need of a list of single systems
        main = tuple(name for name in main if name != "opened")
    return Arrangement(union("figures"), main, tuple(name for name in union("side") if name not in main))


def dashboard_of(user: User) -> Dashboard:
    """What the person's roles show. The number of queries does not depend on how much there is."""
    census, arrangement = Census(user), arrangement_of(user.roles)
    return Dashboard(
        figures=[figure for name in arrangement.figures for figure in FIGURES[name](census)],
        main=[_filled(name, census) for name in arrangement.main],
        side=[_filled(name, census) for name in arrangement.side],
        today=census.today,
    )


def _filled(name: str, census: Census) -> dict[str, Any]:
    card = CARDS[name]
    return {
        "name": name,
        "title": card.title,
        "template": f"portal/dashboard/_{card.template}.html",
        **card.fill(census),
    }
