"""Rules that depend on themselves: OPA refuses them, and regorus crashes on a function that calls itself."""

from __future__ import annotations

from collections.abc import Iterator

from aims.policy.findings import Finding
from aims.policy.scope import Scope, bound_names
from aims.policy.syntax import references


def cycles(scope: Scope) -> Iterator[Finding]:
    """One finding for each rule that can reach itself."""
    uses = {path: _uses(scope, path) for path in scope.rules}
    for path, definitions in scope.rules.items():
        way = _way_back(uses, path)
        if way is None:
            continue
        module, rule = definitions[0]
        names = " → ".join(step.rsplit(".", 1)[-1] for step in way)
        message = f"This rule depends on itself: {names}."
        fix = "Break the circle; Rego has no recursion (`walk` and `graph.reachable` cover most needs)."
        yield Finding(module.name, rule.line, rule.column, "recursion", message, fix)


def _uses(scope: Scope, path: str) -> set[str]:
    """The rules that the bodies and values of a rule name."""
    used: set[str] = set()
    for module, rule in scope.rules[path]:
        local = bound_names(module, rule)
        head = rule.head_span["start"]
        for reference in references(rule.node):
            if reference.base in local or reference.span["start"] == head:
                continue
            meant = scope.path(module, reference)
            if meant is not None:
                used.update(scope.meant(meant))
    return used


def _way_back(uses: dict[str, set[str]], start: str) -> list[str] | None:
    """The shortest way from a rule over what it uses back to itself."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for step in sorted(uses[way[-1]]):
            if step == start:
                return [*way, start]
            if step not in seen:
                seen.add(step)
                ways.append([*way, step])
    return None
