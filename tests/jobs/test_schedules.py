"""When jobs are due, within which bounds that changes, and what beat is told."""

import datetime as dt
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from aims.accounts.models import User
from aims.jobs import registry, runs, schedules
from aims.jobs.models import JobRun, JobSchedule
from aims.jobs.registry import Job
from aims.jobs.schedules import Timing

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def make(name: str = "tested", **parts: Any) -> Job:
    made = Job(name=name, title="Tested", what="Is tested.", run=lambda: "Fine.", **parts)
    registry.register(made)
    return made


@pytest.fixture(autouse=True)
def no_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_jobs", {})


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("when", "now", "slot", "following"),
    [
        (Timing(at=dt.time(2)), "2026-03-01 02:00", "2026-03-01 02:00", "2026-03-02 02:00"),
        (Timing(at=dt.time(2)), "2026-03-01 01:59", "2026-02-28 02:00", "2026-03-01 02:00"),
        (Timing(every=HOUR), "2026-03-01 01:59", "2026-03-01 01:00", "2026-03-01 02:00"),
    ],
)
def test_slots(when: Timing, now: str, slot: str, following: str) -> None:
    assert when.slot(at(now)) == at(slot)
    assert when.next(at(now)) == at(following)


def test_a_job_says_either_how_often_or_when() -> None:
    with pytest.raises(ValueError, match="either"):
        make(every=HOUR, at=dt.time(2))
    with pytest.raises(ValueError, match="outside"):
        make(every=dt.timedelta(days=3))


def test_beat_is_told_of_new_jobs_and_of_removed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    make(every=HOUR)
    make("nightly", at=dt.time(2, 30))
    schedules.sync()
    assert PeriodicTask.objects.get(name="tested").interval.every == 3600
    crontab = PeriodicTask.objects.get(name="nightly").crontab
    assert (crontab.hour, crontab.minute) == ("2", "30")
    monkeypatch.setattr(registry, "_jobs", {})
    schedules.sync()
    assert not PeriodicTask.objects.filter(enabled=True).exists()


def test_what_an_administrator_chose_stays(admin: User) -> None:
    job = make(every=HOUR)
    schedules.sync()
    schedules.change(job, by=admin, reason="Calmer", every=2 * HOUR)
    schedules.sync()
    assert PeriodicTask.objects.get(name="tested").interval.every == 7200
    newest = JobSchedule.history.filter(name="tested").latest()
    assert (newest.history_user, newest.history_change_reason) == (admin, "Calmer")


@pytest.mark.parametrize("wrong", [{"every": dt.timedelta(seconds=1)}, {"every": 48 * HOUR}, {}])
def test_bounds_hold(wrong: dict[str, Any], admin: User) -> None:
    job = make(every=HOUR)
    with pytest.raises(ValidationError):
        schedules.change(job, by=admin, reason="", **wrong)


def test_only_what_may_be_switched_off_is(admin: User) -> None:
    job = make(every=HOUR)
    with pytest.raises(ValidationError):
        schedules.change(job, by=admin, reason="", every=HOUR, paused=True)
    JobSchedule.objects.create(name="tested", paused=True)  # past the service
    assert schedules.timing(job, JobSchedule.objects.get()) == Timing(every=HOUR)
    free = make("free", every=HOUR, may_pause=True)
    schedules.change(free, by=admin, reason="", every=HOUR, paused=True)
    assert not schedules.due(free)


def test_a_bound_that_was_drawn_tighter_holds_for_what_was_chosen_before() -> None:
    job = make(every=HOUR, most=2 * HOUR)
    assert schedules.timing(job, JobSchedule(every=5 * HOUR)) == Timing(every=2 * HOUR)


def test_missed_nights_are_asked_for_once() -> None:
    make(at=dt.time(2))
    now = timezone.now()
    schedules.sync()
    JobSchedule.objects.update(since=now - dt.timedelta(days=3))
    assert schedules.catch_up(now) == ["tested"]
    assert schedules.catch_up(now) == []
    assert JobRun.objects.count() == 1


def test_a_new_job_waits_for_its_first_night() -> None:
    make(at=dt.time(2))
    schedules.sync()
    assert schedules.catch_up() == []


def test_two_ticks_of_a_slot_ask_for_one_run() -> None:
    job = make(every=HOUR)
    now = timezone.now()
    assert schedules.due(job, now)
    run = runs.claim("tested")
    assert run
    runs.perform(run)
    assert not schedules.due(job, now)


def test_no_page_of_the_back_office_leads_around_the_bounds() -> None:
    assert "django_celery_beat" not in {model._meta.app_label for model in admin.site._registry}
