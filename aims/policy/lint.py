"""What can be wrong with policies before any record is judged.

`docs/policies.md` explains the findings for those who write policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aims.policy.engine import FORBIDDEN_BUILTINS, builtins
from aims.policy.fail_open import fail_open
from aims.policy.findings import Finding
from aims.policy.recursion import cycles
from aims.policy.scope import Scope, bound_names
from aims.policy.syntax import Module, RuleNode, as_reference, children

SEVERITY_OF = {"deny": "blocker", "warn": "warning"}
RESERVED_PREFIXES = ("deny__", "warn__", "judged__")


def lint(modules: Iterable[Module], denial_package: str) -> list[Finding]:
    """All findings in these modules, in the order of files and lines.

    `denial_package` is the package whose `deny` and `warn` rules need METADATA.
    """
    modules = list(modules)
    scope = Scope(modules)
    found: list[Finding] = []
    for module in modules:
        for rule in module.rules:
            denies = module.package == denial_package and rule.name in SEVERITY_OF
            found += fail_open(module, rule, scope, denies=denies)
            found += _builtins(module, rule, scope)
        if module.package == denial_package:
            found += _denials(module)
    found += _duplicates(module for module in modules if module.package == denial_package)
    found += cycles(scope)
    # One place may be caught in two ways; the first says it.
    once = {
        (finding.file, finding.line, finding.column, finding.check): finding for finding in reversed(found)
    }
    return sorted(once.values())


def _builtins(module: Module, rule: RuleNode, scope: Scope) -> Iterator[Finding]:
    for kind, node in children(rule.node):
        if kind != "Call":
            continue
        function = as_reference(node["fcn"])
        name = str(function)
        if name in FORBIDDEN_BUILTINS:
            yield module.finding(
                node["span"],
                "forbidden-builtin",
                f"`{name}` is switched off: a verdict has to follow from the record alone.",
                "Let the portal put what the rule needs into `input.facts`.",
            )
        elif function is not None and name not in builtins() and not scope.defines(module, function):
            yield module.finding(
                node["span"],
                "unknown-builtin",
                f"There is no function `{name}`.",
                "Check its spelling, or define it; regorus has no crypto, JWT and GraphQL functions.",
            )


def _denials(module: Module) -> Iterator[Finding]:
    for rule in module.rules:
        if rule.name.startswith(RESERVED_PREFIXES):
            yield _at(
                module,
                rule,
                "reserved-name",
                "Names that begin with `deny__`, `warn__` or `judged__` belong to the portal.",
                "Choose another name.",
            )
        if rule.name.split(".")[0] not in SEVERITY_OF:
            continue
        if rule.name not in SEVERITY_OF or rule.kind != "set":
            yield _at(
                module,
                rule,
                "shape",
                f"`{rule.name}` has to be a set of messages.",
                "Write `deny contains msg if { … }`, or `warn` for what never blocks.",
            )
        elif not rule.node["bodies"]:
            yield _at(
                module,
                rule,
                "shape",
                f"This {rule.name} rule has no condition, so that it speaks about every record.",
                "Add `if { … }`.",
            )
        else:
            yield from _metadata(module, rule)
            yield from _unbound_message(module, rule)


def _metadata(module: Module, rule: RuleNode) -> Iterator[Finding]:
    if rule.block is None:
        yield _at(
            module,
            rule,
            "metadata",
            f"This {rule.name} rule has no METADATA block.",
            "Put one above it: title, description, custom.id, custom.control, custom.severity, custom.fix.",
        )
        return
    if rule.block.problem:
        message = f"The METADATA block is not valid YAML: {rule.block.problem}."
        yield Finding(module.name, rule.block.line, 1, "metadata", message, "Repair it; indent with spaces.")
        return
    for key, value in (
        ("title", rule.about.get("title")),
        ("custom.id", rule.custom.get("id")),
        ("custom.control", rule.custom.get("control")),
        ("custom.severity", rule.custom.get("severity")),
        ("custom.fix", rule.custom.get("fix")),
    ):
        if not isinstance(value, str) or not value.strip():
            yield _at(module, rule, "metadata", f"METADATA lacks {key}, as text.", _METADATA_FIXES[key])
        elif key == "custom.severity" and value != SEVERITY_OF[rule.name]:
            message = f"The severity of a {rule.name} rule is {SEVERITY_OF[rule.name]}, not “{value}”."
            yield _at(module, rule, "metadata", message, _METADATA_FIXES[key])


_METADATA_FIXES = {
    "title": "Add a positive sentence that reads as a check passed.",
    "custom.id": "Add a short unique id, such as pii-needs-assessment.",
    "custom.control": "Add the control of ISO/IEC 42001 Annex A that the rule serves, such as A.5.3.",
    "custom.severity": "A blocker stands in `deny`, a warning in `warn`: OPA itself knows no severities.",
    "custom.fix": "Add one sentence: what to do, and where in the portal.",
}


def _unbound_message(module: Module, rule: RuleNode) -> Iterator[Finding]:
    """regorus evaluates `deny contains msg` without any `msg := …` to nothing at all; OPA refuses it."""
    message = as_reference(rule.node["head"]["Set"]["key"])
    if message is None or message.path or message.base in bound_names(module, rule):
        return
    if message.base not in {other.name for other in module.rules}:
        yield _at(
            module,
            rule,
            "unsafe-variable",
            f"`{message}` never gets a value, so that this rule can never speak.",
            f"Add `{message} := …` to its body.",
        )


def _duplicates(modules: Iterable[Module]) -> Iterator[Finding]:
    """An id that stands for two different checks. Several bodies of one rule repeat its METADATA."""
    first: dict[str, tuple[Module, RuleNode]] = {}
    for module in modules:
        for rule in module.rules:
            identifier: Any = rule.custom.get("id")
            if rule.name not in SEVERITY_OF or not isinstance(identifier, str):
                continue
            seen_in, seen = first.setdefault(identifier, (module, rule))
            if seen.about != rule.about:
                yield _at(
                    module,
                    rule,
                    "duplicate-id",
                    f"The id {identifier} already stands for another rule, at {seen_in.name}:{seen.line}.",
                    "Choose another id; a second body of the same rule repeats its METADATA word for word.",
                )


def _at(module: Module, rule: RuleNode, check: str, message: str, fix: str) -> Finding:
    return Finding(module.name, rule.line, rule.column, check, message, fix)
