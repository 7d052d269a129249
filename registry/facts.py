"""Facts about systems that policies read beside the record. Upper apps register providers in `ready()`.

A provider answers for many systems at once, with a number of queries that does not depend on how many.
One that fails makes the verdict *error*: a fact that could not be read never counts as a fact in favour.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.models import AISystem

Provider = Callable[[Sequence[AISystem]], Mapping[int, Any]]
"""Systems -> {system id: JSON value}. It takes the loaded systems rather than their ids (so it need not
load them again); a system that it leaves out has no fact of this name: null."""

PastProvider = Callable[[Sequence[AISystem], dt.datetime], Mapping[int, Any]]
"""The same of systems as they were at a moment: what was known then."""

_providers: dict[str, Provider] = {}
_past: dict[str, PastProvider] = {}
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Facts:
    """What is known about one system, by name of the fact, and which providers failed."""

    values: dict[str, Any] = field(default_factory=dict)
    failures: tuple[str, ...] = ()


def register(name: str, provider: Provider, *, then: PastProvider | None = None) -> None:
    """`then`: the provider for moments of the past, where the history can answer."""
    _providers[name] = provider
    if then is not None:
        _past[name] = then


def known_at(name: str, systems: Sequence[AISystem], moment: dt.datetime) -> Mapping[int, Any]:
    """System id -> the fact as of the moment; of one that cannot be told, nothing."""
    return _past[name](systems, moment) if name in _past else {}


def gather(systems: Sequence[AISystem]) -> dict[int, Facts]:
    """System id -> facts from every provider."""
    answers: dict[str, Mapping[int, Any]] = {}
    failures: list[str] = []
    for name, provider in _providers.items():
        try:
            answers[name] = provider(systems)
        except Exception:
            logger.exception("The provider of the fact %r failed", name)
            failures.append(name)
    return {
        system.pk: Facts({name: answer.get(system.pk) for name, answer in answers.items()}, tuple(failures))
        for system in systems
    }
