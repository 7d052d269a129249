"""Which rule spoke.

Rego merges all bodies of `deny` into one set of messages, and forgets where each came from. So before a
module is loaded each body is made to number its messages, without a line moving,

    deny contains msg if {          →   deny__judged contains [7, msg] if {

and `deny` becomes the set of messages again: the policies mean what they meant, in every other use too. The
same is done to `warn`. One numbered set costs half of what a named set for each body costs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aims.policy.syntax import Module, RuleNode

SPEAKING = ("deny", "warn")
JUDGED = "judged__all"

Source = tuple[str, str]
Body = tuple[Module, RuleNode]
_CONTAINS = re.compile(rb"\s+contains\b")


def attribute(modules: Sequence[Module], package: str) -> tuple[list[Source], list[Body]]:
    """The (name, source) of all modules, with the bodies of `deny` and `warn` in `package` numbered.

    Beside them those bodies, in the order of files and lines. The rule `JUDGED` of the package answers with a
    list of two sets, of deny and of warn, of [number of the body, message].
    """
    sources: list[Source] = []
    bodies: list[Body] = []
    for module in modules:
        source = module.source_bytes
        edits: list[tuple[int, int, bytes]] = []
        for rule in module.rules if module.package == package else ():
            if rule.name in SPEAKING and rule.kind == "set":
                edits += _numbering(source, rule, len(bodies))
                bodies.append((module, rule))
        for start, end, text in reversed(edits):
            source = source[:start] + text + source[end:]
        sources.append((module.name, source.decode()))
    unions = "".join(
        f"{name} contains message if some [_, message] in {name}__judged\n\n"
        # So that the set exists where no rule adds to it.
        f'{name}__judged contains [-1, ""] if false\n\n'
        for name in SPEAKING
    )
    judged = ", ".join(f"{name}__judged" for name in SPEAKING)
    sources.append((f"{JUDGED}.rego", f"package {package}\n\n{unions}{JUDGED} := [{judged}]\n"))
    return sources, bodies


def _numbering(source: bytes, rule: RuleNode, number: int) -> list[tuple[int, int, bytes]]:
    """The edits, as (start, end, text) in bytes, that put a number beside the message of one body.

    The message reaches to the `if`; `lint` lets no rule through that has none.
    """
    name, condition = rule.head_span, rule.node["bodies"][0]["span"]
    contains = _CONTAINS.match(source, name["end"])
    assert contains is not None, f"line {rule.line} has no `contains`"
    return [
        (name["end"], name["end"], b"__judged"),
        (contains.end(), contains.end(), b" [%d," % number),
        (condition["start"], condition["start"], b"] "),
    ]
