"""Who is acting, by which door and why: what the ledger writes beside each row that is added meanwhile.

A request, a command or a run of a job is one act (`acting`). Nothing here touches the database.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Who(NamedTuple):
    """A person and the roles that they hold at that moment; both empty for nobody."""

    actor: str = ""
    """The person's UUID. Never a name."""
    role: str = ""
    """|dpo|lead|"""


def nobody() -> Who:
    return Who()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is being done: one save of several rows is one act."""

    channel: str
    """A `models.Channel`."""
    who: Callable[[], Who] = nobody
    """Asked only when something is written, and each time: somebody may log in meanwhile."""
    reason: str = ""
    """For rows that do not hold a reason of their own."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: dt.datetime | None = None
    """When it is said to happen, by a clock that the demo company has moved; None: now."""


_current: ContextVar[Act | None] = ContextVar("act", default=None)


def current() -> Act | None:
    """The act that is under way; None where nobody said so."""
    return _current.get()


@contextmanager
def acting(act: Act) -> Iterator[Act]:
    """Everything written inside is written by this act."""
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


@contextmanager
def by_itself() -> Iterator[None]:
    """What is written inside follows from the time or the rules: not the deed of whoever looked at a page."""
    act = _current.get()
    if act is None:
        yield
    else:
        with acting(replace(act, who=nobody)):
            yield
