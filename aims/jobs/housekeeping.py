"""The portal's own cleaning."""

import datetime as dt

from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import ngettext

from aims.jobs.models import Heartbeat, JobRun, State

KEEP = dt.timedelta(days=90)
_BATCH = 1_000


def prune_runs() -> str:
    """Remove the runs that ended more than 90 days ago, and processes not seen for a day."""
    now = timezone.now()
    Heartbeat.objects.filter(seen_at__lt=now - dt.timedelta(days=1)).delete()
    old = JobRun.objects.filter(finished_at__lt=now - KEEP).exclude(state__in=[State.ASKED, State.RUNNING])
    removed = 0
    while keys := list(old.values_list("pk", flat=True)[:_BATCH]):
        removed += JobRun.objects.filter(pk__in=keys).delete()[0]
    return ngettext("%(n)s run removed", "%(n)s runs removed", removed) % {"n": removed}


def prune_sessions() -> str:
    """Remove the sessions that are over."""
    removed, _rows = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return ngettext("%(n)s session removed", "%(n)s sessions removed", removed) % {"n": removed}
