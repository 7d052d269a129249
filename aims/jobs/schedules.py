"""When each job is due: what the code says, or what an administrator chose within the job's bounds."""

import datetime as dt
import json
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from aims.accounts.models import User
from aims.jobs import registry, runs
from aims.jobs.models import JobRun, JobSchedule
from aims.jobs.registry import DAY, Job
from aims.ledger import trail

TASK = "aims.jobs.tasks.run_job"
_START = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """Every so often, or at a time of day; None for both where the job is switched off."""

    every: dt.timedelta | None = None
    at: dt.time | None = None

    def slot(self, now: dt.datetime) -> dt.datetime | None:
        """The newest moment up to now for which a run is due."""
        if self.every:
            return _START + (now - _START) // self.every * self.every
        if self.at:
            today = self._on(timezone.localdate(now))
            return today if today <= now else self._on(timezone.localdate(now) - DAY)
        return None

    def next(self, now: dt.datetime) -> dt.datetime | None:
        """The next moment for which a run is due."""
        if self.every:
            return _START + ((now - _START) // self.every + 1) * self.every
        if self.at:
            today = self._on(timezone.localdate(now))
            return today if today > now else self._on(timezone.localdate(now) + DAY)
        return None

    def _on(self, day: dt.date) -> dt.datetime:
        assert self.at
        return timezone.make_aware(dt.datetime.combine(day, self.at))


def timing(job: Job, schedule: JobSchedule | None) -> Timing:
    """When the job runs, all told."""
    if schedule is None or not (schedule.every or schedule.at or schedule.paused):
        return Timing(job.every, job.at)
    if schedule.paused and job.may_pause:
        return Timing()
    # A bound that was drawn tighter since holds too.
    if job.every:
        return Timing(every=min(max(schedule.every or job.every, job.least), job.most))
    return Timing(at=schedule.at or job.at)


def change(
    job: Job,
    *,
    by: User,
    reason: str,
    every: dt.timedelta | None = None,
    at: dt.time | None = None,
    paused: bool = False,
) -> JobSchedule:
    """Let the job run at other times, within its bounds; traced. Raises ValidationError by field."""
    if paused and not job.may_pause:
        raise ValidationError({"paused": _("This job cannot be switched off.")})
    if job.every and (every is None or not job.least <= every <= job.most):
        raise ValidationError({"every": _("Choose an interval within the bounds.")})
    if job.at and at is None:
        raise ValidationError({"at": _("Choose a time of day.")})
    with transaction.atomic():
        schedule = JobSchedule.objects.select_for_update().filter(name=job.name).first()
        schedule = schedule or JobSchedule(name=job.name)
        schedule.every = every if job.every and every != job.every else None
        schedule.at = at if job.at and at != job.at else None
        schedule.paused, schedule.since = paused, timezone.now()
        trail.save(schedule, by=by, reason=reason)
        _tell_beat(job, timing(job, schedule))
    return schedule


def sync() -> None:
    """Bring the tables that beat reads up to what is registered: new jobs in, removed ones switched off."""
    with transaction.atomic():
        chosen = {schedule.name: schedule for schedule in JobSchedule.objects.all()}
        for job in registry.all_jobs():
            if job.name not in chosen:
                chosen[job.name], _created = JobSchedule.objects.get_or_create(name=job.name)
            _tell_beat(job, timing(job, chosen[job.name]))
        gone = PeriodicTask.objects.filter(task=TASK, enabled=True).exclude(name__in=registry.names())
        for task in gone:
            task.enabled = False
            task.save()


def _tell_beat(job: Job, when: Timing) -> None:
    task = PeriodicTask.objects.filter(name=job.name).first() or PeriodicTask(name=job.name)
    before = (task.pk and task.task, task.interval_id, task.crontab_id, task.enabled, task.args)
    task.task, task.args, task.enabled = TASK, json.dumps([job.name]), bool(when.every or when.at)
    if when.every:
        seconds = int(when.every.total_seconds())
        task.crontab = None
        task.interval, _new = IntervalSchedule.objects.get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
    elif when.at:
        task.interval = None
        task.crontab, _new = CrontabSchedule.objects.get_or_create(
            minute=str(when.at.minute), hour=str(when.at.hour), day_of_week="*", day_of_month="*",
            month_of_year="*", timezone=settings.TIME_ZONE,
        )  # fmt: skip
    elif not task.pk:  # switched off before beat ever heard of it
        return
    if before != (task.task, task.interval_id, task.crontab_id, task.enabled, task.args):
        task.save()


def due(job: Job, now: dt.datetime | None = None) -> bool:
    """Ask for the run of the slot that is due by now; two schedulers that do so get one run."""
    schedule = JobSchedule.objects.filter(name=job.name).first()
    slot = timing(job, schedule).slot(now or timezone.now())
    return slot is not None and runs.ask(job.name, slot=slot) is not None


def catch_up(now: dt.datetime | None = None) -> list[str]:
    """Ask once for each job whose slots passed while no scheduler was there; gives their names."""
    now = now or timezone.now()
    last = dict(JobRun.objects.values_list("job").annotate(Max("slot")).order_by())
    late = []
    for schedule in JobSchedule.objects.filter(name__in=registry.names()):
        job = registry.find(schedule.name)
        slot = timing(job, schedule).slot(now) if job else None
        missed = slot and slot > max(schedule.since, last.get(schedule.name, schedule.since))
        if missed and runs.ask(schedule.name, slot=slot):
            late.append(schedule.name)
    return late
