"""What is wrong with a policy file, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to repair. `line` and `column` count from 1; 0 where the file as a whole is meant."""

    file: str
    line: int
    column: int
    check: str
    message: str
    fix: str

    @property
    def unreadable(self) -> bool:
        """Whether the file could not be read at all, so that nothing else about it is known."""
        return self.check in {"syntax", "unreadable"}

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message} {self.fix}".rstrip()


class PolicyError(Exception):
    """The policies cannot be used, or could not answer. Never to be read as an allow."""

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join([message, *(f"  {finding}" for finding in self.findings)]))
