"""The jobs that the portal does by itself. An app registers its own in `ready()`; see `docs/jobs.md`."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing that is done again and again, and on demand.

    `run` may be called twice for the same moment (a worker can die before it has said that it is done), and
    must then do nothing the second time: select what is due by now, write effect and mark in one transaction,
    keep transactions short. What it raises is shown to administrators as the failure.
    """

    name: str
    """A slug; addresses and the trail use it, so it stays."""
    title: str | Promise
    what: str | Promise
    """One sentence for an administrator: what it does, and what for."""
    run: Callable[[], str]
    """Does it, and says in one line and plain words what came out: “12 reminders written”."""
    every: dt.timedelta | None = None
    """How often it runs, or:"""
    at: dt.time | None = None
    """at which time of the day (`TIME_ZONE`) it runs."""
    least: dt.timedelta = dt.timedelta(minutes=1)
    most: dt.timedelta = DAY
    """Between which intervals an administrator may choose; where `every` is set. Whole seconds."""
    may_pause: bool = False
    """Whether an administrator may switch it off: only where nobody is misled by its absence."""

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a name of a job: small letters, digits and hyphens")
        if (self.every is None) == (self.at is None):
            raise ValueError(f"{self.name}: say either how often (every) or when (at) it runs")
        if self.every is not None and not self.least <= self.every <= self.most:
            raise ValueError(f"{self.name}: {self.every} lies outside of {self.least} to {self.most}")


_jobs: dict[str, Job] = {}


def register(*jobs: Job) -> None:
    """Add jobs; called in an app's `ready()`. Raises ValueError if another job has the name."""
    for job in jobs:
        if _jobs.setdefault(job.name, job) != job:
            raise ValueError(f"There are two jobs called {job.name}")


def find(name: str) -> Job | None:
    """The job of that name, if it is registered."""
    return _jobs.get(name)


def all_jobs() -> Iterator[Job]:
    """Every job, by name."""
    return (_jobs[name] for name in sorted(_jobs))


def names() -> list[str]:
    return sorted(_jobs)
