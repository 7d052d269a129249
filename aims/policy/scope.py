"""Which names mean what in a set of modules: rules, imports, and the names local to a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from aims.policy.syntax import Module, Node, Reference, RuleNode, children, references


class Scope:
    """The names that several modules declare together. Rules of one package may stand in several files."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = tuple(modules)
        self.rules: dict[str, list[tuple[Module, RuleNode]]] = defaultdict(list)
        for module in self.modules:
            for rule in module.rules:
                self.rules[f"data.{module.package}.{rule.name}"].append((module, rule))

    def path(self, module: Module, reference: Reference) -> str | None:
        """The full path that a reference means in this module, from `data` to its first computed step.

        None where it is the name of neither a rule nor an import.
        """
        steps = []
        for step in reference.path:
            if step is None:
                break
            steps.append(step)
        if reference.base == "data":
            return ".".join(["data", *steps])
        if reference.base in module.aliases:
            return ".".join([module.aliases[reference.base], *steps])
        here = f"data.{module.package}.{reference.base}"
        if any(path == here or path.startswith(f"{here}.") for path in self.rules):
            return ".".join([here, *steps])
        return None

    def meant(self, path: str) -> list[str]:
        """The rules that a path means: the one that it names or enters, or all below it."""
        return [
            rule
            for rule in self.rules
            if rule == path or path.startswith(f"{rule}.") or rule.startswith(f"{path}.")
        ]

    def defines(self, module: Module, function: Reference) -> bool:
        """Whether a called name is a function of these modules."""
        path = self.path(module, function)
        return path is not None and path in self.rules

    def outside(self, module: Module) -> frozenset[str]:
        """Bases of references that lead to other modules or to data, and not into the document."""
        return frozenset({"data", *module.aliases})

    def may_be_undefined(self, module: Module, rule: RuleNode, name: str) -> bool:
        """Whether a bare name is a rule that has no value for some documents."""
        if name in bound_names(module, rule):
            return False
        definitions = self.rules.get(f"data.{module.package}.{name}", [])
        kinds = {definition.kind for _, definition in definitions}
        if not definitions or kinds & {"default", "set", "function"}:
            return False
        return not any(_has_value_always(definition.node) for _, definition in definitions)


@lru_cache(maxsize=1_000)
def bound_names(module: Module, rule: RuleNode) -> frozenset[str]:
    """The names that are local to a rule: its arguments and what its body assigns, iterates or declares."""
    names: set[str] = set()
    arguments = rule.node.get("args") or rule.node.get("head", {}).get("Func", {}).get("args", [])
    names |= {reference.base for reference in references(arguments)}
    for kind, node in children(rule.node):
        if kind == "SomeVars":
            names |= {module.text(span) for span in node["vars"]}
        elif kind == "SomeIn":
            names |= _assigned([node["key"], node["value"]])
        elif kind == "Every":
            names |= {module.text(span) for span in (node["key"], node["value"]) if span}
        elif kind == "AssignExpr":
            names |= _assigned(node["lhs"])
    return frozenset(names)


def _assigned(target: Node) -> set[str]:
    return {reference.base for reference in references(target) if not reference.path}


def _has_value_always(node: Node) -> bool:
    """Whether one definition alone gives a rule its value: no condition, or a last `else` without one."""
    bodies = node.get("bodies", [])
    if not bodies:
        assignment = node["head"].get("Compr", {}).get("assign")
        return assignment is None or not _reads_places(assignment["value"])
    last = bodies[-1]
    if last["query"]["stmts"]:
        return False
    return last["assign"] is None or not _reads_places(last["assign"]["value"])


def _reads_places(node: Node) -> bool:
    """Whether a value holds a reference that may be missing. Comprehensions are empty then, not undefined."""
    if isinstance(node, list):
        return any(_reads_places(child) for child in node)
    if not isinstance(node, dict):
        return False
    for kind, child in node.items():
        if kind in {"ArrayCompr", "SetCompr", "ObjectCompr"}:
            continue
        if kind in {"RefDot", "RefBrack"}:
            return True
        if kind == "Call":
            if _reads_places(child["params"]):
                return True
        elif _reads_places(child):
            return True
    return False
