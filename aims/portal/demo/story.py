"""The demo company's story as data: who does what on which working day before today (`stories/*.yaml`)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent

BEGINS = 193
"""The working day before today on which people get their accounts; the first event is a day later."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One thing that somebody does. Ordered by time: the day counts back, so the earliest has the highest."""

    minus_day: int
    at: dt.time
    who: str
    does: str
    about: str
    """The system that it concerns; empty for what concerns the company."""
    details: dict[str, Any]
    """What the deed takes beside that, by name: the arguments of its function in `telling`."""

    @property
    def day(self) -> int:
        return -self.minus_day


def events() -> list[Event]:
    """Everything that happens, in the order of time."""
    told = [event for file in sorted(FOLDER.glob("stories/*.yaml")) for event in _read(file)]
    return sorted(told, key=lambda event: (event.minus_day, event.at))


def _read(file: Path) -> Iterator[Event]:
    system = "" if file.stem == "company" else file.stem
    for entry in yaml.safe_load(file.read_text()):
        yield Event(
            minus_day=-entry.pop("day"),
            at=dt.time.fromisoformat(entry.pop("at")),
            who=entry.pop("who"),
            does=entry.pop("does"),
            about=entry.pop("about", system),
            details=entry,
        )


def answers(name: str) -> dict[str, Any]:
    """The prepared answers of an assessment, or those that a later version changes."""
    prepared: dict[str, Any] = yaml.safe_load((FOLDER / "assessments" / f"{name}.yaml").read_text())
    return prepared


def record_file(name: str) -> Path:
    return FOLDER / "records" / f"{name}.yaml"
