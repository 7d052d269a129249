"""What a policy answers: a verdict, and the denials that explain it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Decision = Literal["allow", "deny", "error"]
Severity = Literal["blocker", "warning"]


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason against a record, with all that a person needs to act on it.

    `source` is `file:line` of the rule that spoke, relative to the project.
    """

    rule: str
    message: str
    control: str
    severity: Severity
    source: str
    fix: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one record. `error` is set only where `decision` is "error"."""

    decision: Decision
    denials: tuple[Denial, ...] = ()
    error: str = ""

    @classmethod
    def of(cls, denials: tuple[Denial, ...]) -> Verdict:
        """The verdict that follows from the denials: deny if at least one of them is a blocker."""
        blocked = any(denial.severity == "blocker" for denial in denials)
        return cls("deny" if blocked else "allow", denials)

    @classmethod
    def failed(cls, error: str) -> Verdict:
        """The verdict of an engine that could not answer. It is never an allow."""
        return cls("error", error=error)

    @property
    def blockers(self) -> tuple[Denial, ...]:
        """The denials that stand in the way of production."""
        return tuple(denial for denial in self.denials if denial.severity == "blocker")

    @property
    def warnings(self) -> tuple[Denial, ...]:
        """The denials that are shown and never stand in the way."""
        return tuple(denial for denial in self.denials if denial.severity == "warning")
