"""What differs between two documents, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `path` is dotted; an entry of a list of named things stands in brackets:
    `data.rag_sources[ticket-history].retention_days`. A side that is not there is None."""

    path: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        return {"path": self.path, "before": self.before, "after": self.after}


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """The differences between two JSON documents, in the order of the fields."""
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from changes(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif (
        (names := _by_name(before)) is not None
        and (others := _by_name(after)) is not None
        and (names or others)
    ):
        for name in [*names, *(name for name in others if name not in names)]:
            yield from changes(names.get(name), others.get(name), f"{path}[{name}]")
    elif before != after:
        yield Change(path, before, after)


def _by_name(value: Any) -> dict[str, Any] | None:
    """A list of things that each have a name of their own, by that name; None for any other value."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) and "name" in entry for entry in value):
        return None
    named = {entry["name"]: entry for entry in value}
    return named if len(named) == len(value) else None
