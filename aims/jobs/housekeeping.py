"""The portal's own cleaning."""

import datetime as dt
from typing import Final

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from aims.jobs import registry
from aims.jobs.models import Heartbeat, JobRun, State

KEEP: Final = dt.timedelta(days=90)
KEEP_OFTEN: Final = dt.timedelta(days=14)
"""How long runs that went well are kept beyond the newest ones of their job: some jobs run every minute."""
NEWEST: Final = 500
_BATCH: Final = 1_000
"""Rows of one statement: SQLite has one writer, and nobody is to wait for this."""


def prune_runs() -> str:
    """Remove runs that ended long ago, and processes that were not seen for a day."""
    now = timezone.now()
    Heartbeat.objects.filter(seen_at__lt=now - dt.timedelta(days=1)).delete()
    over = JobRun.objects.exclude(state__in=[State.ASKED, State.RUNNING])
    removed = _remove(over.filter(finished_at__lt=now - KEEP))
    went_well = over.filter(state=State.DONE, finished_at__lt=now - KEEP_OFTEN)
    for job in registry.names():
        newest = JobRun.objects.filter(job=job).order_by("-pk").values_list("pk", flat=True)
        for bound in newest[NEWEST : NEWEST + 1]:
            removed += _remove(went_well.filter(job=job, pk__lte=bound))
    return ngettext("%(n)s run removed", "%(n)s runs removed", removed) % {"n": removed}


def _remove(old: QuerySet[JobRun]) -> int:
    removed = 0
    while keys := list(old.order_by().values_list("pk", flat=True)[:_BATCH]):
        removed += JobRun.objects.filter(pk__in=keys).delete()[0]
    return removed


def prune_sessions() -> str:
    """Remove the sessions that are over."""
    removed, _rows = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return ngettext("%(n)s session removed", "%(n)s sessions removed", removed) % {"n": removed}
