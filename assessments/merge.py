"""Two people edited one document: what each changed, put together; and where they changed the same field.

Lists of things with a name of their own (`key` or `id`) are merged by that name, so that an added row never
collides with another added row. A path is a tuple of keys; as text it is dotted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LISTS: Final = {"affected_parties": "key", "mitigations": "id"}
"""The lists of the content, and what names an entry in each."""


PAIRS: Final = {
    "rating": ("likelihood", "severity"),
    "residual": ("residual_likelihood", "residual_severity"),
}
"""Fields of an impact that are one answer."""


class _Absent:
    """The value of a field that is not there; not None, which is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both changed, and differently. An entry that is gone on one side is None there."""

    path: str
    base: Any
    mine: Any
    theirs: Any


def keyed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its lists as mappings from name to entry, in the order of the list, and with each
    rating as one value: likelihood from one person and severity from another would be nobody's judgement."""
    found = dict(document)
    for name, key in LISTS.items():
        found[name] = {entry[key]: entry for entry in document.get(name, ())}
    found["impacts"] = {key: _paired(impact) for key, impact in document.get("impacts", {}).items()}
    return found


def unkeyed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `keyed`."""
    lists = {name: list(document[name].values()) for name in LISTS}
    return {
        **document,
        **lists,
        "impacts": {key: _unpaired(impact) for key, impact in document["impacts"].items()},
    }


def _paired(impact: Mapping[str, Any]) -> dict[str, Any]:
    parts = {part for pair in PAIRS.values() for part in pair}
    found = {key: value for key, value in impact.items() if key not in parts}
    for name, pair in PAIRS.items():
        values = [impact.get(part) for part in pair]
        found[name] = None if None in values else values
    return found


def _unpaired(impact: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in impact.items() if key not in PAIRS}
    for name, pair in PAIRS.items():
        found.update(zip(pair, impact.get(name) or (None, None), strict=True))
    return found


def merge(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Clash]]:
    """The document with both changes since `base`, and the clashes; in those it holds mine."""
    clashes: list[Clash] = []
    merged = _merge(keyed(base), keyed(mine), keyed(theirs), "", clashes)
    return unkeyed(merged), clashes


def _merge(base: Any, mine: Any, theirs: Any, path: str, clashes: list[Clash]) -> Any:
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    if isinstance(mine, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        merged = {
            key: _merge(
                before.get(key, ABSENT),
                mine.get(key, ABSENT),
                theirs.get(key, ABSENT),
                f"{path}.{key}" if path else key,
                clashes,
            )
            # Theirs first: what they added was there before what I add now.
            for key in [*theirs, *(key for key in mine if key not in theirs)]
        }
        return {key: value for key, value in merged.items() if value is not ABSENT}
    clashes.append(Clash(path, *(None if value is ABSENT else value for value in (base, mine, theirs))))
    return mine


def taking(document: Mapping[str, Any], source: Mapping[str, Any], paths: list[str]) -> dict[str, Any]:
    """The document with the values that another has at these paths; what the other lacks is taken out.

    Raises KeyError for a path that neither document has a place for.
    """
    result, other = _copy(keyed(document)), keyed(source)
    for path in paths:
        *way, last = path.split(".")
        place, origin = result, other
        for key in way:
            place, origin = place[key], origin[key]
        if last in origin:
            place[last] = origin[last]
        elif last in place:
            del place[last]
        else:
            raise KeyError(path)
    return unkeyed(result)


def _copy(value: Any) -> Any:
    return {key: _copy(entry) for key, entry in value.items()} if isinstance(value, dict) else value
