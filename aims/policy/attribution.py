"""Which rule spoke.

Rego merges all bodies of `deny` into one set of messages, and forgets where each came from. So each body gets a
name of its own before it is loaded, on the same line, and `deny` becomes their union: the policies mean what they
meant, in every other use too, and one query answers for each body apart. The same is done to `warn`.
"""

from __future__ import annotations

from collections.abc import Sequence

from aims.policy.syntax import Module, RuleNode

SPEAKING = ("deny", "warn")
JUDGED = "deny__judged"

Source = tuple[str, str]
Body = tuple[Module, RuleNode]


def attribute(modules: Sequence[Module], package: str) -> tuple[list[Source], list[Body]]:
    """The (name, source) of all modules, with the bodies of `deny` and `warn` in `package` told apart.

    Beside them those bodies, in the order of files and lines. The rule `JUDGED` of the package answers with an
    object: the index of each body, as text, and the set of its messages.
    """
    sources: list[Source] = []
    bodies: list[Body] = []
    for module in modules:
        source = module.source_bytes
        edits: list[tuple[int, int, bytes]] = []
        union = ""
        for rule in module.rules if module.package == package else ():
            if rule.name in SPEAKING and rule.kind == "set":
                name = f"{rule.name}__{len(bodies)}"
                edits.append((rule.head_span["start"], rule.head_span["end"], name.encode()))
                union += f"{rule.name} contains message if some message in {name}\n"
                bodies.append((module, rule))
        for start, end, renamed in reversed(edits):
            source = source[:start] + renamed + source[end:]
        sources.append((module.name, f"{source.decode()}\n{union}"))
    answers = ", ".join(f'"{index}": {rule.name}__{index}' for index, (_, rule) in enumerate(bodies))
    sources.append((JUDGED, f"package {package}\n\n{JUDGED} := {{{answers}}}\n"))
    return sources, bodies
