"""The demo's clock: what is done inside `at(moment)` is done at that moment.

Fields bind `timezone.now` itself as their default, so replacing that name would not reach them. The name
`datetime` that it looks up does. It holds for the whole process: for a command that nobody else runs beside.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.utils import timezone

HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
"""Month and day on which nobody of the demo company works."""


class _LikeDatetime(type):
    """Every datetime counts as one of the stand-in's."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, dt.datetime)


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Inside, Django's clock stands still at the moment, which has to know its time zone."""

    class Then(dt.datetime, metaclass=_LikeDatetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return moment.astimezone(tz)

    with mock.patch.object(timezone, "datetime", Then):
        yield


def working_days_before(today: dt.date, number: int) -> dt.date:
    """The day that lies so many working days before today: 1 is the last one before."""
    day = today
    while number:
        day -= dt.timedelta(days=1)
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS:
            number -= 1
    return day
