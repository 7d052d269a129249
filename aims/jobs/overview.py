"""What the pages of jobs show: each job with its last run, its schedule in words, and who was seen alive."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.jobs import heartbeats, registry
from aims.jobs.models import Heartbeat, JobRun, JobSchedule, State
from aims.jobs.registry import Job
from aims.jobs.schedules import Timing, timing

TONES = {
    State.ASKED: "info",
    State.RUNNING: "info",
    State.DONE: "ok",
    State.FAILED: "bad",
    State.LOST: "warn",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the page shows it."""

    run: JobRun
    label: str
    tone: str
    took: str


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the page shows it."""

    job: Job
    when: str
    next: dt.datetime | None
    paused: bool
    last: RunLine | None


def lines() -> list[JobLine]:
    """Every job, in two queries however many there are."""
    now = timezone.now()
    newest = JobRun.objects.filter(job=OuterRef("name")).order_by("-pk").values("pk")[:1]
    schedules = {s.name: s for s in JobSchedule.objects.annotate(last=Subquery(newest))}
    keys = [schedule.last for schedule in schedules.values()]
    runs = {run.job: run for run in JobRun.objects.filter(pk__in=keys).select_related("asked_by")}
    return [line(job, schedules.get(job.name), runs.get(job.name), now) for job in registry.all_jobs()]


def line(job: Job, schedule: JobSchedule | None, last: JobRun | None, now: dt.datetime) -> JobLine:
    when = timing(job, schedule)
    paused = not (when.every or when.at)
    return JobLine(job, in_words(when), when.next(now), paused, run_line(last) if last else None)


def run_line(run: JobRun) -> RunLine:
    took = run.duration
    return RunLine(run, str(State(run.state).label), TONES[State(run.state)], duration(took) if took else "")


def in_words(when: Timing) -> str:
    """Every 30 seconds; every hour; daily at 02:30; switched off."""
    if when.every:
        number, unit = parts(when.every)
        words = {
            "hours": ngettext("every hour", "every %(n)d hours", number),
            "minutes": ngettext("every minute", "every %(n)d minutes", number),
            "seconds": ngettext("every second", "every %(n)d seconds", number),
        }
        return words[unit] % {"n": number}
    if when.at:
        return _("daily at %(time)s") % {"time": time_format(when.at, "H:i")}
    return _("switched off")


def interval(every: dt.timedelta) -> str:
    """A length of time in words: 90 minutes."""
    number, unit = parts(every)
    words = {
        "hours": ngettext("%(n)d hour", "%(n)d hours", number),
        "minutes": ngettext("%(n)d minute", "%(n)d minutes", number),
        "seconds": ngettext("%(n)d second", "%(n)d seconds", number),
    }
    return words[unit] % {"n": number}


def parts(every: dt.timedelta) -> tuple[int, str]:
    """A whole number of the largest unit that divides it: 90, minutes."""
    seconds = int(every.total_seconds())
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds % size == 0:
            return seconds // size, unit
    return seconds, "seconds"


def duration(took: dt.timedelta) -> str:
    """How long a run took, as exactly as it matters."""
    seconds = took.total_seconds()
    if seconds < 1:
        return _("under 1 s")
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}


def silence() -> list[str]:
    """What is wrong with the processes that do the work: a sentence each, nothing when all is well."""
    seen = dict(Heartbeat.objects.values_list("kind").annotate(Max("seen_at")).order_by())
    now, said = timezone.now(), []
    for kind, never, since in (
        (
            Heartbeat.Kind.WORKER,
            _("No worker has been seen yet: jobs wait. Start one with “manage.py serve”."),
            _("No worker has been seen since %(time)s: jobs wait until one is started."),
        ),
        (
            Heartbeat.Kind.BEAT,
            _("No scheduler has been seen yet: nothing runs by itself. Start one with “manage.py serve”."),
            _("No scheduler has been seen since %(time)s: nothing runs by itself until one is started."),
        ),
    ):
        last = seen.get(kind)
        if last is None:
            said.append(never)
        elif now - last > heartbeats.MISSED:
            said.append(since % {"time": date_format(timezone.localtime(last), "j M Y H:i")})
    return said


def changes(job: Job, limit: int = 20) -> list[dict[str, Any]]:
    """Who changed the schedule of the job, when and why; the newest first."""
    rows = JobSchedule.history.filter(name=job.name, history_user__isnull=False).select_related(
        "history_user"
    )
    return [
        {
            "title": in_words(timing(job, row.instance)),
            "at": row.history_date,
            "actor": row.history_user or "",
            "reason": row.history_change_reason or "",
        }
        for row in rows.select_related("history_user").order_by("-history_date", "-history_id")[:limit]
    ]
