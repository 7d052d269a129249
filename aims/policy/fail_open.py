"""Rules that fail open: they stay silent, and so let a record through, because what they read is missing.

The source of the worst of them: OPA looks up the operands under a `not` before it negates, so that
`not "dpo" in input.approved_by` is undefined, and not true, where `approved_by` is missing
(https://github.com/open-policy-agent/opa/issues/8387). regorus calls the same line true: one policy, two
verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aims.policy.findings import Finding
from aims.policy.scope import Scope
from aims.policy.syntax import Module, Node, Reference, RuleNode, as_reference, children


def fail_open(module: Module, rule: RuleNode, scope: Scope, *, denies: bool) -> Iterator[Finding]:
    """The traps in one rule. `denies` says that its conditions themselves decide whether a denial speaks."""
    copies = _copies(rule.node)
    for kind, node in children(rule.node):
        if kind == "NotExpr":
            yield from _bare_negation(module, node, scope, copies)
            yield from _negated_operands(module, rule, node["expr"], scope, copies)
        elif denies and kind == "BoolExpr" and node["op"] == "Ne":
            yield from _silences(module, [node["lhs"], node["rhs"]], "a comparison with `!=`")
        elif denies and kind == "Call" and str(as_reference(node["fcn"])) == "count":
            yield from _silences(module, node["params"], "`count`")


def _bare_negation(
    module: Module, node: Node, scope: Scope, copies: Mapping[str, Reference]
) -> Iterator[Finding]:
    """`not input.a.b`: it notices what is missing, but neither null nor the empty string."""
    negated = as_reference(node["expr"])
    if negated is None:
        return
    if not negated.path:
        if negated.base in copies:
            yield _copied(module, node["span"], negated.base, copies[negated.base])
    elif negated.is_constant and negated.base not in scope.outside(module):
        yield module.finding(
            node["span"],
            "empty-counts-as-present",
            f'`not {negated}` lets null and "" pass: in Rego both count as present.',
            "Ask for what must be there in a helper rule, as `has_text` does, and negate the helper.",
        )


def _negated_operands(
    module: Module, rule: RuleNode, negated: Node, scope: Scope, copies: Mapping[str, Reference]
) -> Iterator[Finding]:
    """`not f(input.a)`, `not "x" in input.a`, `not input.a > 1`: silent in OPA where `input.a` is missing."""
    for reference in _operands(negated, inside=False):
        if reference.path and reference.base not in scope.outside(module):
            yield module.finding(
                reference.span,
                "fail-open",
                f"This rule stays silent in OPA when `{reference}` is missing: it is an operand under `not`.",
                f"Negate a helper rule instead, or write {_object_get(reference)} in its place.",
            )
        elif not reference.path and reference.base in copies:
            yield _copied(module, reference.span, reference.base, copies[reference.base])
        elif not reference.path and scope.may_be_undefined(module, rule, reference.base):
            yield module.finding(
                reference.span,
                "fail-open",
                f"This rule stays silent in OPA when `{reference}` has no value: it is used under `not`.",
                f"Give it a value in every case, such as `default {reference} := []`.",
            )


def _silences(module: Module, nodes: list[Node], what: str) -> Iterator[Finding]:
    """`input.a != "x"`, `count(input.a) == 0`: meant to catch what is missing, and undefined then."""
    for node in nodes:
        reference = as_reference(node)
        if reference and reference.base == "input" and reference.path and reference.is_constant:
            yield module.finding(
                reference.span,
                "fail-open",
                f"This rule stays silent when `{reference}` is missing: {what} is undefined then, not true.",
                f"Write {_object_get(reference)} in its place, with a default that the rule objects to.",
            )


def _operands(node: Node, *, inside: bool) -> Iterator[Reference]:
    """References whose being undefined leaves the whole `not` undefined, in OPA.

    `==` is no such place: `not input.a == "b"` is true where `input.a` is missing.
    """
    if isinstance(node, list):
        for child in node:
            yield from _operands(child, inside=inside)
        return
    if not isinstance(node, dict):
        return
    for kind, child in node.items():
        if kind in {"RefDot", "RefBrack", "Var"}:
            reference = as_reference({kind: child})
            if inside and reference is not None:
                yield reference
            if kind == "RefBrack":
                yield from _operands(child["index"], inside=True)
        elif kind == "Call":
            yield from _operands(child["params"], inside=True)
        elif kind in {"ArrayCompr", "SetCompr", "ObjectCompr"}:
            continue  # a comprehension is empty where nothing matches, never undefined
        elif kind == "BoolExpr":
            yield from _operands([child["lhs"], child["rhs"]], inside=inside or child["op"] != "Eq")
        elif kind in {"Membership", "BinExpr", "ArithExpr", "UnaryExpr", "Array", "Set", "Object"}:
            yield from _operands(list(child.values()), inside=True)


def _copies(node: Node) -> dict[str, Reference]:
    """Local names that are plain copies of a place in a document: `by := input.governance.approved_by`."""
    copies: dict[str, Reference] = {}
    for kind, assignment in children(node):
        if kind != "AssignExpr":
            continue
        target, value = as_reference(assignment["lhs"]), as_reference(assignment["rhs"])
        if target and not target.path and value and value.path and value.is_constant:
            copies[target.base] = value
    return copies


def _copied(module: Module, span: Mapping[str, int], name: str, origin: Reference) -> Finding:
    return module.finding(
        span,
        "fail-open",
        f"This rule stays silent when `{origin}` is missing: `{name}` has no value then.",
        f"Assign {_object_get(origin)} to `{name}`.",
    )


def _object_get(reference: Reference) -> str:
    if not reference.is_constant:
        return "`object.get(…)` with a default"
    steps = ", ".join(f'"{step}"' for step in reference.path)
    return f"`object.get({reference.base}, [{steps}], …)` with a default"
