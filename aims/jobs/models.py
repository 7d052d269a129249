"""When jobs run, each run of one, and who was seen alive. The table of runs is the truth; no broker is."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class JobSchedule(models.Model):
    """When a job runs. Both choices empty: as the job itself says. Every change is traced with its reason."""

    name = models.SlugField(_("job"), primary_key=True, max_length=64)
    every = models.DurationField(_("every"), null=True, blank=True)
    at = models.TimeField(_("at"), null=True, blank=True)
    paused = models.BooleanField(_("switched off"), default=False)
    since = models.DateTimeField(
        _("since"), default=timezone.now, help_text=_("What was due before is not caught up on.")
    )

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True, blank=True))

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(every__isnull=True) | Q(at__isnull=True), name="schedule_every_or_at"
            ),
            models.CheckConstraint(
                condition=Q(every__isnull=True) | Q(every__gte=dt.timedelta(seconds=1)),
                name="schedule_every_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("jobs:job", args=[self.name])


class State(models.TextChoices):
    ASKED = "asked", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    LOST = "lost", _("Interrupted")


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def startable(self) -> "JobRunQuerySet":
        """Runs that wait, of jobs of which no run is under way; the oldest first."""
        same = JobRun.objects.filter(job=OuterRef("job"), state=State.RUNNING)
        return self.filter(~Exists(same), state=State.ASKED).order_by("asked_at")

    def lapsed(self, now: dt.datetime) -> "JobRunQuerySet":
        """Runs whose worker has not been heard of for longer than its lease."""
        return self.filter(state=State.RUNNING, lease__lt=now)


class JobRun(models.Model):
    """One run of a job: asked for, taken up by a worker, ended. Without history; `housekeeping` prunes it."""

    job = models.SlugField(_("job"), max_length=64, db_index=False)
    slot = models.DateTimeField(_("for"), help_text=_("The moment that it is due, or was asked for by hand."))
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("asked for by"), help_text=_("Empty: the schedule."),
    )  # fmt: skip
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    lease = models.DateTimeField(_("held until"), null=True, blank=True)
    result = models.TextField(_("result"), blank=True)
    detail = models.TextField(_("detail"), blank=True)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        constraints = [
            # Two beats that tick at the same moment ask for one run.
            models.UniqueConstraint(fields=["job", "slot", "attempt"], name="run_once_a_slot"),
            models.UniqueConstraint(fields=["job"], condition=Q(state="asked"), name="run_waiting_once"),
            models.UniqueConstraint(fields=["job"], condition=Q(state="running"), name="run_one_at_a_time"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="run_state_known"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease__isnull=False, started_at__isnull=False),
                name="run_under_way_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "running"]) | Q(finished_at__isnull=False),
                name="run_over_has_end",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "-id"], name="run_of_job"),
            models.Index(
                fields=["state", "lease"], name="run_open", condition=Q(state__in=["asked", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"

    @property
    def duration(self) -> dt.timedelta | None:
        """How long it took; None while it has not ended, or never started."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class Heartbeat(models.Model):
    """A process that was seen alive: a worker, or a scheduler (beat)."""

    class Kind(models.TextChoices):
        WORKER = "worker", _("Worker")
        BEAT = "beat", _("Scheduler")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    name = models.CharField(_("name"), max_length=200)
    seen_at = models.DateTimeField(_("seen"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="heartbeat_once"),
            models.CheckConstraint(condition=Q(kind__in=["worker", "beat"]), name="heartbeat_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
