"""What objects were at a moment, read from their history."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from aims.ledger import as_of
from aims.ledger.moments import NoMoment, moment_of
from registry.models import AISystem

pytestmark = pytest.mark.django_db

LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def told(system: AISystem, days: int, kind: str = "~", **columns: Any) -> None:
    """A row of history so many days after `LONG_AGO`."""
    row = AISystem.history.filter(id=system.pk).order_by("history_id").last()
    values = {field.attname: getattr(row, field.attname) for field in AISystem.history.model.tracked_fields}
    at = LONG_AGO + dt.timedelta(days=days)
    AISystem.history.model.objects.create(**values | columns, history_date=at, history_type=kind)


def names(day: float, **how: Any) -> list[str]:
    moment = LONG_AGO + dt.timedelta(days=day)
    return sorted(row.name for row in as_of.rows_at(AISystem, moment, AISystem.objects.all(), **how))


def test_of_each_object_the_newest_row_until_then(make_system: Callable[..., AISystem]) -> None:
    one, other = make_system(name="One"), make_system(name="Other")
    told(one, 1, "+", name="First")
    told(one, 5, name="Second")
    told(other, 3, "+", name="Beside")
    assert names(0) == []
    assert names(1) == ["First"]
    assert names(4) == ["Beside", "First"]
    assert names(5) == ["Beside", "Second"]


def test_of_two_rows_with_one_date_the_one_written_last(make_system: Callable[..., AISystem]) -> None:
    system = make_system()
    told(system, 1, "+", name="Written first")
    told(system, 1, name="Written last")
    moment = LONG_AGO + dt.timedelta(days=2)
    assert names(2) == ["Written last"]
    assert as_of.row_at(AISystem, moment, system.pk).name == "Written last"


def test_what_is_removed_is_left_out_from_then_on(make_system: Callable[..., AISystem]) -> None:
    system = make_system()
    told(system, 1, "+", name="There")
    told(system, 3, "-", name="There")
    assert names(2) == ["There"]
    assert names(4) == []
    assert as_of.row_at(AISystem, LONG_AGO + dt.timedelta(days=4), system.pk) is None


def test_what_is_no_more_today_is_found_where_it_is_asked_for(make_system: Callable[..., AISystem]) -> None:
    system = make_system(name="Gone")
    told(system, 1, "+", name="Gone")
    system.snapshot.delete() if hasattr(system, "snapshot") else None
    system.delete()
    assert names(2) == []
    assert names(2, removed=as_of.removed_keys(AISystem)) == ["Gone"]
    now = (timezone.now() - LONG_AGO) / dt.timedelta(days=1)
    assert names(now, removed=as_of.removed_keys(AISystem)) == []


def test_an_object_of_a_row_is_what_the_row_says(make_system: Callable[..., AISystem]) -> None:
    system = make_system(name="Now")
    told(system, 1, "+", name="Then")
    (row,) = as_of.rows_at(AISystem, LONG_AGO + dt.timedelta(days=2), AISystem.objects.filter(pk=system.pk))
    (then,) = as_of.objects_of([row])
    assert (then.pk, then.name, then.team_id) == (system.pk, "Then", system.team_id)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-02-30", "2026-02-30T10:00", "31.12.2025", "2" * 300, "0001-01-01T00:00+14:00"],
)
def test_nonsense_is_no_moment(text: str) -> None:
    with pytest.raises(NoMoment):
        moment_of(text)


def test_the_future_is_no_moment() -> None:
    with pytest.raises(NoMoment, match="yet to come"):
        moment_of((timezone.now() + dt.timedelta(minutes=1)).isoformat())


def test_a_day_stands_for_its_end() -> None:
    assert timezone.localtime(moment_of("2026-01-31")).isoformat().startswith("2026-01-31T23:59:59.999")
