"""Due dates that people are reminded of. Upper apps register their sources in `ready()`."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aims.notifications.scopes import Scope


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due on a day, and whose it is: a team's, a role's, or one person's."""

    kind: str
    """Of the notice: `review`, `task`."""
    subject: str
    """What it is about: `registry.obligation:12`."""
    day: dt.date
    title: str
    """What to do, and of what: “Review: Claims triage”."""
    url: str
    team: int | None = None
    """The team whose lead and deputy see to it."""
    role: str = ""
    """A signing role whose holders, and their substitutes, see to it."""
    person: Any = None
    """The id of the person to whom it was given; while that account is on, nobody else is reminded."""
    since: dt.date | None = None
    """The day on which it came up: no reminder is due on that day or before. None: it has always been so."""
    escalates: bool = True
    """Whether others hear of it once it is late."""
    text: str = ""
    scope: Scope | None = None


Source = Callable[[dt.date], Iterable[Due]]
"""The last day of interest -> everything that is still to be done and is due by then, late or not; a fixed
number of queries, however much that is."""

_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    _sources[name] = source


def sources() -> Iterable[tuple[str, Source]]:
    return _sources.items()
