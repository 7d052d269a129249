"""Rego modules as data: what a file declares, read from the engine's own syntax tree.

The tree is regorus's (`Engine.get_ast_as_json`): nested objects, each node a single key that names its kind
("Call", "RefDot", "NotExpr", …), with spans `{line, col, start, end}` whose offsets count UTF-8 bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import regorus

from aims.policy import metadata
from aims.policy.findings import Finding, PolicyError

Node = Any
RuleKind = Literal["set", "value", "function", "default"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A chain such as `input.a[b].c`: its base, and its constant steps, None for a step that is computed."""

    base: str
    path: tuple[str | None, ...]
    span: Mapping[str, int]

    def __str__(self) -> str:
        return "".join([self.base, *(f".{step}" if step is not None else "[…]" for step in self.path)])

    @property
    def is_constant(self) -> bool:
        """Whether every step is written out, so that the chain means one place and is no iteration."""
        return None not in self.path


@dataclass(frozen=True, slots=True, eq=False)
class RuleNode:
    """One rule as it stands in a file, itself alone equal to it. `name` is the head without the package, such
    as "deny"."""

    name: str
    kind: RuleKind
    line: int
    column: int
    head_span: Mapping[str, int]
    node: Node
    block: metadata.Block | None

    @property
    def about(self) -> Mapping[str, Any]:
        """What the METADATA block above the rule says; empty without one."""
        return self.block.content if self.block else {}

    @property
    def custom(self) -> Mapping[str, Any]:
        """The `custom` part of the METADATA block; empty without one."""
        custom = self.about.get("custom")
        return custom if isinstance(custom, dict) else {}


@dataclass(frozen=True, eq=False)
class Module:
    """One parsed file, itself alone equal to it."""

    name: str
    source: str
    package: str
    rules: tuple[RuleNode, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_test(self) -> bool:
        """Whether the file holds tests of policies, and no policies."""
        return self.name.endswith("_test.rego")

    @cached_property
    def source_bytes(self) -> bytes:
        """The source as the spans of the tree count it."""
        return self.source.encode()

    def text(self, span: Mapping[str, int]) -> str:
        """The source text that a span covers."""
        return self.source_bytes[span["start"] : span["end"]].decode()

    def finding(self, span: Mapping[str, int], check: str, message: str, fix: str) -> Finding:
        """A finding at the place where a span begins; columns count characters, as editors do."""
        before = self.source_bytes[: span["start"]].decode()
        column = len(before) - before.rfind("\n")
        return Finding(self.name, before.count("\n") + 1, column, check, message, fix)


def parse(name: str, source: str) -> Module:
    """Read one module. Raises PolicyError with one finding where the text is no Rego."""
    engine = regorus.Engine()
    try:
        engine.add_policy(name, source)
        tree = json.loads(engine.get_ast_as_json())[0]["ast"]
    except RuntimeError as error:
        raise PolicyError("This policy file cannot be read.", [_syntax_finding(name, str(error))]) from None
    above = _blocks_by_statement(tree, source)
    module = Module(name, source, package="", rules=())
    rules = tuple(_rule(module, node, above) for node in tree["rules"])
    aliases = dict(_aliases(module, tree["imports"]))
    return Module(name, source, ".".join(_steps(tree["package"]["refr"])), rules, aliases)


_BRANCHES = frozenset({dict, list})


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """All nodes below this one, with the kind of each, outermost first; spans and plain values are none."""
    waiting: list[tuple[str, Node]] = [("", node)]
    while waiting:
        kind, child = waiting.pop()
        if kind:
            yield kind, child
        if type(child) is dict:
            pairs = [pair for pair in child.items() if pair[0] != "span" and type(pair[1]) in _BRANCHES]
            waiting += reversed(pairs)
        else:
            waiting += [("", each) for each in reversed(child) if type(each) in _BRANCHES]


def references(node: Node) -> Iterator[Reference]:
    """The reference chains in a tree, each whole, and those inside of computed steps after it."""
    if isinstance(node, list):
        for child in node:
            yield from references(child)
        return
    if not isinstance(node, dict):
        return
    for kind, child in node.items():
        if kind in {"RefDot", "RefBrack", "Var"}:
            reference = as_reference({kind: child})
            if reference is not None:
                yield reference
            for index in _computed_steps({kind: child}):
                yield from references(index)
        else:
            yield from references(child)


def as_reference(node: Node) -> Reference | None:
    """The chain that this very node is, or None where it is something else."""
    path: list[str | None] = []
    kind, inner = next(iter(node.items()))
    span = inner["span"] if isinstance(inner, dict) else {}
    while kind != "Var":
        if kind == "RefDot":
            path.append(inner["field"][1])
        elif kind == "RefBrack":
            index_kind, index = next(iter(inner["index"].items()))
            path.append(index["value"] if index_kind in {"String", "RawString"} else None)
        else:
            return None
        kind, inner = next(iter(inner["refr"].items()))
    return Reference(inner["value"], tuple(reversed(path)), span)


def is_metadata_for_rule(block: metadata.Block) -> bool:
    """Whether a block speaks about the rule below it, and not about its package or all rules of its name."""
    return bool(block.content.get("scope", "rule") == "rule")


def engine_text(error: BaseException) -> str:
    """What the engine said, on one line and without its stack trace."""
    text = str(error).split("Stack backtrace")[0]
    where = re.search(r"-->\s*(\S+:\d+:\d+)", text)
    what = re.search(r"^error:\s*(.*)", text, re.MULTILINE | re.DOTALL)
    said = " ".join((what.group(1) if what else text).split())
    return f"{where.group(1)}: {said}" if where else said


def _syntax_finding(name: str, error: str) -> Finding:
    text = error.split("Stack backtrace")[0]
    where = re.search(r":(\d+):(\d+)\s*$", text, re.MULTILINE)
    what = re.search(r"^error:\s*(.*)", text, re.MULTILINE)
    line, column = (int(where.group(1)), int(where.group(2))) if where else (0, 0)
    said = what.group(1).strip().rstrip(".") if what else " ".join(text.split())
    fix = "Repair the Rego at this place (OPA 1.x syntax: `deny contains msg if { … }`)."
    return Finding(name, line, column, "syntax", f"This is not valid Rego: {said}.", fix)


def _rule(module: Module, node: Node, above: Mapping[int, metadata.Block]) -> RuleNode:
    if "Default" in node:
        rule, kind = node["Default"], "default"
        head = rule["refr"]
    else:
        rule = node["Spec"]
        head_kind, inner = next(iter(rule["head"].items()))
        kind = {"Set": "set", "Func": "function"}.get(head_kind, "value")
        head = inner["refr"]
    span = next(iter(head.values()))["span"]
    start = rule["span"]
    # What the rule is called stands in front of a computed step: `deny[k] := v` declares `deny`.
    while "RefBrack" in head:
        head = head["RefBrack"]["refr"]
    return RuleNode(
        name=".".join(_steps(head)),
        kind=kind,  # type: ignore[arg-type]
        line=start["line"],
        column=start["col"],
        head_span=span,
        node=rule,
        block=above.get(start["line"]),
    )


def _blocks_by_statement(tree: Node, source: str) -> dict[int, metadata.Block]:
    """The METADATA block of each statement, by the line on which the statement begins."""
    starts = {tree["package"]["span"]["line"]}
    starts |= {statement["span"]["line"] for statement in tree["imports"]}
    starts |= {next(iter(rule.values()))["span"]["line"] for rule in tree["rules"]}
    ordered = sorted(starts)
    above: dict[int, metadata.Block] = {}
    for block in metadata.blocks(source):
        following = next((line for line in ordered if line > block.line), None)
        if following is not None and (block.problem or is_metadata_for_rule(block)):
            above[following] = block
    return above


def _aliases(module: Module, imports: list[Node]) -> Iterator[tuple[str, str]]:
    """What each import is called here, and the full path that it stands for."""
    for statement in imports:
        path = _steps(statement["refr"])
        if path[0] != "data":
            continue
        alias = statement.get("as")
        yield (module.text(alias) if alias else path[-1]), ".".join(path)


def _steps(node: Node) -> list[str]:
    reference = as_reference(node)
    if reference is None:
        return []
    return [reference.base, *(step for step in reference.path if step is not None)]


def _computed_steps(node: Node) -> Iterator[Node]:
    kind, inner = next(iter(node.items()))
    while kind in {"RefDot", "RefBrack"}:
        if kind == "RefBrack" and next(iter(inner["index"])) not in {"String", "RawString"}:
            yield inner["index"]
        kind, inner = next(iter(inner["refr"].items()))
    if kind != "Var":
        yield {kind: inner}
