"""The gap score: the items put together."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from audits.checklist import checklist
from audits.items import NO_SYSTEMS, RULES, Numbers
from audits.scope import Scope, load


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item: whether it is true, and the numbers behind that."""

    key: str
    numbers: Numbers
    manual: bool

    @property
    def true(self) -> bool:
        return self.numbers.complete

    def as_dict(self) -> dict[str, Any]:
        """As `gap score --json` prints it (design page, section 10)."""
        return {
            "key": self.key,
            "true": self.true,
            "numerator": self.numbers.numerator,
            "denominator": self.numbers.denominator,
            "missing": list(self.numbers.missing),
            "manual": self.manual,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """The checklist on one day."""

    on: dt.date
    items: tuple[ItemScore, ...]

    @property
    def score(self) -> int:
        return sum(item.true for item in self.items)

    def as_dict(self) -> dict[str, Any]:
        scoring = checklist().scoring
        return {
            "score": self.score,
            "total": scoring.total,
            "threshold": scoring.threshold,
            "items": [item.as_dict() for item in self.items],
        }


def score(on: dt.date) -> Score:
    """The checklist by the facts as they are and by what was confirmed by that day. It writes nothing."""
    return score_of(load(on))


def score_of(scope: Scope) -> Score:
    """The checklist by the given facts: pure."""
    return Score(scope.on, tuple(_item(item.key, scope) for item in checklist().items))


def _item(key: str, scope: Scope) -> ItemScore:
    rule = RULES[key]
    numbers = rule.measure(scope)
    if not scope.systems:
        numbers = Numbers(numbers.numerator, numbers.denominator, (*numbers.missing, NO_SYSTEMS))
    return ItemScore(key, numbers, rule.manual)
