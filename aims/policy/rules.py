"""A deny rule as people see it: what it asks for, why, and what to do when it speaks."""

from __future__ import annotations

from dataclasses import dataclass

from aims.policy.syntax import Module, RuleNode
from aims.policy.verdict import Denial, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What the METADATA of a deny rule says, and where the rule stands."""

    id: str
    package: str
    title: str
    description: str
    control: str
    severity: Severity
    fix: str
    file: str
    line: int
    field: str = ""
    """The dotted path of the record's field that the rule is about, for tools that show lines; "" if none."""

    @classmethod
    def read(cls, module: Module, node: RuleNode) -> Rule:
        """The rule of a module that passed `lint`."""
        return cls(
            id=node.custom["id"],
            package=module.package,
            title=_prose(node.about["title"]),
            description=_prose(node.about.get("description", "")),
            control=node.custom["control"],
            severity=node.custom["severity"],
            fix=_prose(node.custom["fix"]),
            file=module.name,
            line=node.line,
            field=str(node.custom.get("field", "")),
        )

    @property
    def source(self) -> str:
        """Where the rule stands, as `file:line`."""
        return f"{self.file}:{self.line}"

    def denial(self, message: str) -> Denial:
        """What is said to a person when this rule speaks."""
        return Denial(self.id, message, self.control, self.severity, self.source, self.fix)


def _prose(text: object) -> str:
    """Text as one paragraph; METADATA may spread it over lines."""
    return " ".join(str(text).split())
