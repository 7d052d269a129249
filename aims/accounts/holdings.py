"""What rests on a person or a team, and how it is handed over.

Accounts knows what it keeps itself (`departures.OWN`). Upper apps add theirs in `ready()`:
`holdings.register(Kind(…))` for people, `holdings.register_team(…)` for teams, and `register_waiting` for
what waits for whoever holds a role.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # services ask what a team holds, so this stands below them
    from aims.accounts.models import Team, User
    from aims.accounts.roles import Role


class Passing(StrEnum):
    """What becomes of a holding when its holder leaves."""

    MUST = "must"
    """It needs a successor."""
    USUALLY = "usually"
    """The successor gets it unless somebody says otherwise."""
    ON_REQUEST = "on request"
    """It ends, unless a successor is named for exactly this."""
    ENDS = "ends"
    """It ends, and cannot be passed on."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing that rests on a person."""

    key: str
    """Unique within its kind, and the same on the page and at the post: letters, digits, `_` and `-`."""
    title: str
    passing: Passing
    detail: str = ""
    url: str = ""
    otherwise: str = ""
    """What becomes of it where nobody takes it over, as a sentence."""
    warning: str = ""
    """What has to be known before it goes to nobody."""
    value: Any = None
    """What `hand_over` needs to find it again, such as a row or its keys."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that people hold."""

    name: str
    label: Any
    """The heading above those of the kind."""
    held_by: Callable[["User"], Iterable[Holding]]
    """In a fixed number of queries, however much there is: gather what is many into one holding."""
    hand_over: Callable[["HandOver"], None]
    """Carries it out, inside the transaction of the departure. Raises ValidationError where the successor
    cannot take it, PermissionDenied where the administrator may not give it."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """One holding on its way: from whom, to whom (None: to nobody), by which administrator and why."""

    holding: Holding
    person: "User"
    successor: "User | None"
    by: "User"
    reason: str


_kinds: list[Kind] = []
_of_teams: list[Callable[["Team"], str]] = []
_waiting: list[Callable[["Role"], Any]] = []

TITLES = 500


def register(kind: Kind) -> None:
    """Add a kind of thing that people hold."""
    if any(known.name == kind.name for known in _kinds):
        raise ValueError(f"There is a kind of holding called {kind.name!r} already.")
    _kinds.append(kind)


def kinds() -> tuple[Kind, ...]:
    return tuple(_kinds)


def register_team(count: Callable[["Team"], str]) -> None:
    """Add something that teams own; `count` says what, such as “12 systems”, or nothing."""
    _of_teams.append(count)


def team_holds(team: "Team") -> list[str]:
    """What the team owns, in words; nothing if it may be switched off."""
    return [words for count in _of_teams if (words := count(team))]


def register_waiting(titles: Callable[["Role"], Any]) -> None:
    """Add a source of decisions that wait for a signing role: a QuerySet of one value each, its title."""
    _waiting.append(titles)


def waiting_for(role: "Role") -> list[str]:
    """What waits for a decision in the role, by title, `TITLES` at most. One query."""
    if not _waiting:
        return []
    first, *others = (titles(role).order_by() for titles in _waiting)
    return sorted(title for (title,) in first.union(*others, all=True)[:TITLES])
