"""What a rule looks at: the places of the document on which its answer depends.

Two documents that agree at these places get the same answer, so the portal asks once for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from aims.policy.scope import Scope, bound_names
from aims.policy.syntax import Node, as_reference, children, references

Place: TypeAlias = tuple[str, ...]
"""Keys from the top of the document."""

CLOCK = "time.now_ns"


def places_read(scope: Scope, path: str) -> tuple[Place, ...] | None:
    """The places that a rule such as "data.ai.signoffs.required", and all that it uses, look at, sorted.

    None where that cannot be told (some rule takes the document as a whole), or where the answer depends on
    the clock too.
    """
    found: set[Place] = set()
    waiting, seen = list(scope.meant(path)), set[str]()
    while waiting:
        rule_path = waiting.pop()
        if rule_path in seen:
            continue
        seen.add(rule_path)
        for module, rule in scope.rules[rule_path]:
            local = bound_names(module, rule)
            for place in _looks(rule.node):
                if not place:
                    return None
                found.add(place)
            for reference in references(rule.node):
                if str(reference) == CLOCK:
                    return None
                if reference.base in local:
                    continue
                meant = scope.path(module, reference)
                if meant is not None:
                    waiting += scope.meant(meant)
    return tuple(sorted(found))


def _looks(node: Node) -> Iterator[Place]:
    """The places below `input` in a tree, up to the first computed step; empty for `input` by itself."""
    by_default: set[int] = set()
    for kind, call in children(node):
        if kind == "Call" and (place := _object_get(call)) is not None:
            by_default.add(next(iter(call["params"][0].values()))["span"]["start"])
            yield place
    for reference in references(node):
        if reference.base == "input" and reference.span["start"] not in by_default:
            steps = list(reference.path)
            yield tuple(steps[: steps.index(None)] if None in steps else steps)  # type: ignore[arg-type]


def _object_get(call: Node) -> Place | None:
    """The place that `object.get(input, ["a", "b"], default)` names; None for any other call."""
    if str(as_reference(call["fcn"])) != "object.get":
        return None
    whole, steps = call["params"][:2]
    reference = as_reference(whole)
    if reference is None or reference.base != "input" or reference.path:
        return None
    kind, inner = next(iter(steps.items()))
    words = [steps] if kind in {"String", "RawString"} else inner.get("items", []) if kind == "Array" else []
    place = tuple(
        value["value"] for word in words for key, value in word.items() if key in {"String", "RawString"}
    )
    return place if place and len(place) == len(words) else None


def value_at(document: Mapping[str, Any], place: Place) -> Any:
    """What stands at a place; None where the way there ends early.

    Rego tells null from absent, and so does this: what is null comes back as [None].
    """
    value: Any = document
    for key in place:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return [value]
