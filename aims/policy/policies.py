"""A set of policies, read from a folder: what it says about a document, and what it says about itself."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import regorus
from django.conf import settings

from aims.policy import engine
from aims.policy.attribution import JUDGED, attribute
from aims.policy.findings import Finding, PolicyError
from aims.policy.lint import lint
from aims.policy.reads import Place, places_read, value_at
from aims.policy.rules import Rule
from aims.policy.scope import Scope
from aims.policy.syntax import Module, parse
from aims.policy.verdict import Denial, Verdict

__all__ = ["DENIAL_PACKAGE", "PolicyError", "PolicySet", "read", "shipped"]

DENIAL_PACKAGE = "ai.model_registry"
ANSWERS_KEPT = 2_000


class PolicySet:
    """Policies as they were read, unchanging. Any number of threads may ask the same set.

    `modules` maps the name of each file (its path, from the policy folder on) to its text. `rules` lists the
    deny and warn rules, in the order of files and lines. `revision` is the SHA-256 of all names and texts.
    """

    def __init__(self, modules: Sequence[Module]) -> None:
        sources, bodies = attribute(modules, DENIAL_PACKAGE)
        self._sources = tuple(sources)
        self._bodies = tuple(Rule.read(*body) for body in bodies)
        self._local = threading.local()
        self._scope = Scope(modules)
        self._places: dict[str, tuple[Place, ...] | None] = {}
        self._answers: dict[str, str] = {}
        self.modules: Mapping[str, str] = MappingProxyType({module.name: module.source for module in modules})
        self.revision = _revision(self.modules)
        first: dict[str, Rule] = {}
        for rule in self._bodies:
            first.setdefault(rule.id, rule)
        self.rules: tuple[Rule, ...] = tuple(first.values())

    @classmethod
    def load(cls, directory: Path) -> PolicySet:
        """Read all policies below a folder, but for their tests (`*_test.rego`).

        Raises PolicyError, with all that reading and `lint` found, where the policies cannot be relied on.
        """
        modules, findings = read(directory)
        if not findings:
            findings = lint(modules, DENIAL_PACKAGE)
        if findings:
            raise PolicyError(f"The policies in {directory} cannot be used:", findings)
        policies = cls(modules)
        if not policies.rules:
            raise PolicyError(
                f"No deny rule of package {DENIAL_PACKAGE} in {directory}: all would be allowed."
            )
        # What the engine only notices when it runs, such as a variable without a value, is told now.
        trial = policies.judge({})
        if trial.decision == "error":
            raise PolicyError(f"The policies in {directory} cannot judge an empty record: {trial.error}")
        return policies

    def judge(self, document: Mapping[str, Any] | str) -> Verdict:
        """The verdict on one record, given as data or as JSON. It raises nothing: whatever goes wrong makes
        the verdict "error".

        Denials come blockers first, then in the order of files and lines.
        """
        try:
            denied, warned = engine.evaluate(self._asked(document), f"data.{DENIAL_PACKAGE}.{JUDGED}")
        except BaseException as error:
            self._forget()
            return Verdict.failed(engine.failure(error))
        # Sets come back sorted, so by body and message; two bodies of one rule may say the same once.
        spoken: dict[tuple[str, str], Denial] = {}
        for number, message in (*denied, *warned):
            if not isinstance(message, str):
                return Verdict.failed(
                    f"The rule at {self._bodies[number].source} gave a message that is no text."
                )
            rule = self._bodies[number]
            spoken.setdefault((rule.id, message), rule.denial(message))
        return Verdict.of(tuple(spoken.values()))

    def query(self, path: str, document: Mapping[str, Any]) -> Any:
        """The value of a rule, such as "data.ai.signoffs.required", for a document; sets become sorted lists.

        Asked about thousands of systems it gives few different answers, so each is kept by what the rule
        looks at. Raises PolicyError where the engine fails, or the rule has no value for this document.
        """
        if path not in self._places:
            self._places[path] = places_read(self._scope, path)
        places = self._places[path]
        if places is None:
            return self._evaluated(path, document)
        key = json.dumps([path, [value_at(document, place) for place in places]])
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            answer = self._answers[key] = json.dumps(self._evaluated(path, document))
        return json.loads(answer)  # a copy: callers may change theirs

    def _evaluated(self, path: str, document: Mapping[str, Any]) -> Any:
        try:
            return engine.evaluate(self._asked(document), path)
        except PolicyError:
            raise
        except BaseException as error:
            self._forget()
            raise PolicyError(f"The policies give no answer for {path}: {engine.failure(error)}") from error

    def _asked(self, document: Mapping[str, Any] | str) -> regorus.Engine:
        """This thread's engine with the document in it, and the clock stopped at this moment."""
        local = self._local
        if not hasattr(local, "engine"):
            local.engine = engine.new_engine(self._sources, lambda: local.now_ns)
        local.now_ns = time.time_ns()
        engine.set_document(local.engine, document)
        return local.engine

    def _forget(self) -> None:
        """Drop this thread's engine: after a failure nothing is assumed about it."""
        self._local.__dict__.pop("engine", None)


def read(directory: Path, *, tests: bool = False) -> tuple[list[Module], list[Finding]]:
    """All modules below a folder, in the order of their names, and a finding for each that cannot be read.

    With `tests`, the `*_test.rego` files are among them. Raises PolicyError where there is no such folder, or
    no policy in it.
    """
    if not directory.is_dir():
        raise PolicyError(f"There is no policy folder {directory}.")
    paths = sorted(
        path for path in directory.rglob("*.rego") if tests or not path.name.endswith("_test.rego")
    )
    if not paths:
        raise PolicyError(f"There is no policy (*.rego) in {directory}.")
    modules: list[Module] = []
    findings: list[Finding] = []
    for path in paths:
        name = f"{directory.resolve().name}/{path.relative_to(directory).as_posix()}"
        try:
            modules.append(parse(name, path.read_bytes().decode()))
        except PolicyError as error:
            findings += error.findings
        except (OSError, UnicodeDecodeError) as error:
            fix = "Save it as UTF-8 text that the portal may read."
            findings.append(Finding(name, 0, 0, "unreadable", f"This file cannot be read: {error}.", fix))
    return modules, findings


def shipped() -> PolicySet:
    """The policies of this portal (setting AIMS_POLICIES), read once in the life of the process."""
    return _loaded(Path(settings.AIMS_POLICIES))


@lru_cache(maxsize=8)
def _loaded(directory: Path) -> PolicySet:
    return PolicySet.load(directory)


def _revision(modules: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name, source in sorted(modules.items()):
        for part in (name.encode(), source.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
