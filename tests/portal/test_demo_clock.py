"""The demo's clock."""

import datetime as dt

from django.utils import timezone

from aims.accounts.models import User
from aims.portal.demo.clock import at, working_days_before
from registry.models import GateDecision

LONG_AGO = dt.datetime(2024, 2, 29, 9, 30, tzinfo=dt.UTC)


def test_inside_it_is_that_moment_for_django_and_for_defaults_of_fields() -> None:
    with at(LONG_AGO):
        assert timezone.now() == LONG_AGO
        assert timezone.localdate() == dt.date(2024, 2, 29)
        assert User().date_joined == LONG_AGO
        assert GateDecision().decided_at == LONG_AGO


def test_afterwards_it_is_now_again() -> None:
    with at(LONG_AGO):
        pass
    assert timezone.now() > LONG_AGO + dt.timedelta(days=365)


def test_datetimes_are_still_datetimes_inside() -> None:
    with at(LONG_AGO):
        assert timezone.template_localtime(LONG_AGO) == LONG_AGO


def test_working_days_leave_out_weekends_and_holidays() -> None:
    monday = dt.date(2026, 12, 28)
    assert working_days_before(monday, 1) == dt.date(2026, 12, 23)
    assert working_days_before(monday, 3) == dt.date(2026, 12, 21)
    assert working_days_before(monday, 4) == dt.date(2026, 12, 18)
