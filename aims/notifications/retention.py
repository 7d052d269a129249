"""How long notices are kept: a year after they were read, and longer while there is still something to do."""

import datetime as dt
from itertools import islice
from typing import Final

from django.utils import timezone

from aims.notifications.due_dates import sources
from aims.notifications.ladder import first_day, ladder
from aims.notifications.models import Notice

KEEP: Final = dt.timedelta(days=365)
_BATCH: Final = 1_000
"""Rows of one statement: SQLite has one writer, and nobody is to wait for this."""


def prune() -> int:
    """Remove notices that were read more than a year ago; returns how many.

    What is unread or waits to be mailed stays, and so does what was told of things that are still due: the
    planner knows by these rows whom it has reminded already. Raises whatever a source of due dates raises;
    nothing is removed then.
    """
    open_still = _subjects()
    old = Notice.objects.filter(read_at__lt=timezone.now() - KEEP).exclude(mail=Notice.Mail.WAITING)
    rows = old.order_by("pk").values_list("pk", "subject").iterator(_BATCH)
    over = iter([pk for pk, subject in rows if subject not in open_still])
    removed = 0
    while keys := list(islice(over, _BATCH)):
        removed += Notice.objects.filter(pk__in=keys).delete()[0]
    return removed


def _subjects() -> set[str]:
    """What people are reminded of today, or will be soon."""
    until = first_day(ladder(), timezone.localdate())
    return {due.subject for _name, source in sources() for due in source(until)}
