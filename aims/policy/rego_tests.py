"""The tests beside the policies: rules named `test_…` in `*_test.rego`, as `opa test` reads them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aims.policy import engine
from aims.policy.syntax import Module


@dataclass(frozen=True, slots=True)
class RegoTest:
    """One test: a rule that has to be true."""

    package: str
    name: str
    file: str
    line: int

    @property
    def path(self) -> str:
        """Where the engine finds it, such as "data.ai.signoffs_test.test_cto_always"."""
        return f"data.{self.package}.{self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went; `message` says what the engine said where it failed to answer."""

    test: RegoTest
    result: Literal["pass", "fail", "error"]
    message: str = ""


def discover(modules: Sequence[Module]) -> list[RegoTest]:
    """All tests in these modules, in the order of files and lines; several bodies of one test count once."""
    found: dict[str, RegoTest] = {}
    for module in modules:
        for rule in module.rules:
            if module.is_test and rule.name.startswith("test_"):
                test = RegoTest(module.package, rule.name, module.name, rule.line)
                found.setdefault(test.path, test)
    return list(found.values())


class Runner:
    """Runs tests against the policies exactly as they were written. Belongs to the thread that made it."""

    def __init__(self, modules: Sequence[Module]) -> None:
        sources = [(module.name, module.source) for module in modules]
        self._engine = engine.new_engine(sources, time.time_ns)

    def run(self, test: RegoTest) -> Outcome:
        """Evaluate one test. It passes where its rule is true, and nothing else."""
        try:
            engine.set_document(self._engine, {})
            value = json.loads(self._engine.eval_rule_as_json(test.path))
        except BaseException as error:
            return Outcome(test, "error", engine.failure(error))
        return Outcome(test, "pass" if value is True else "fail")
