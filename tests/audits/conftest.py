"""Facts for the items of the gap checklist: plain ones, without a database behind them."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from audits.models import ItemConfirmation
from audits.scope import Scope

TODAY = dt.date(2026, 11, 24)

SOUND: dict[str, Any] = {
    "pk": 1,
    "slug": "sound",
    "stage": "production",
    "purpose": "sorting",
    "data_sensitivity": "internal",
    "risk_tier": "low",
    "eu_ai_act_tier": "minimal",
    "base_model": "letters-2",
    "provider": "acme",
    "contact": "owners@example.com",
    "training_sources": "none-fine-tuning",
    "rag_sources": [],
    "logs": {"captured": ["prompts"], "retention_days": 30, "readers": ["team"]},
    "snapshot": SimpleNamespace(review_due=TODAY),
}


def system(**columns: Any) -> Any:
    return SimpleNamespace(**SOUND | columns)


def confirmation(**columns: Any) -> ItemConfirmation:
    values = {"item": "x", "on": TODAY, "until": TODAY, "in_place": True, "note": "Seen."}
    return ItemConfirmation(**values | columns)


def scope(*systems: Any, **facts: Any) -> Scope:
    """A scope in which every system is in order, but for the facts given."""
    keys = [each.pk for each in systems]
    known: dict[str, Any] = {
        "on": TODAY,
        "systems": systems,
        "ownerless": frozenset(),
        "assessments": {pk: {"stale": []} for pk in keys},
        "tasks": {
            kind: dict.fromkeys(keys, True) for kind in ("log-policy", "monitoring", "supplier-review")
        },
        "signed": {},
        "confirmed": {},
    }
    return Scope(**known | facts)


@pytest.fixture
def today() -> dt.date:
    return TODAY
