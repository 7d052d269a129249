"""A run is asked for once, claimed once, and ends in one way."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from aims.accounts.models import User
from aims.jobs import housekeeping, registry, runs
from aims.jobs.models import JobRun, State
from aims.jobs.registry import Job
from aims.ledger.acting import current

pytestmark = pytest.mark.django_db

RegisterJob = Callable[..., Job]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> RegisterJob:
    """Registers a job called `tested` that does what is given."""
    monkeypatch.setattr(registry, "_jobs", {})

    def register(run: Callable[[], str] = lambda: "Fine.") -> Job:
        made = Job(name="tested", title="Tested", what="Is tested.", run=run, every=dt.timedelta(hours=1))
        registry.register(made)
        return made

    return register


def performed() -> JobRun:
    runs.ask("tested")
    run = runs.claim("tested")
    assert run
    runs.perform(run)
    run.refresh_from_db()
    return run


def test_a_result_is_kept(job: RegisterJob) -> None:
    job()
    run = performed()
    assert (run.state, run.result, run.lease) == (State.DONE, "Fine.", None)


def test_a_failure_is_told_with_its_text_and_not_tried_again(job: RegisterJob) -> None:
    def fail() -> str:
        raise ValueError("The third row is odd")

    job(fail)
    run = performed()
    assert (run.state, run.result) == (State.FAILED, "ValueError: The third row is odd")
    assert "in fail" in run.detail
    assert JobRun.objects.count() == 1


def test_a_database_that_goes_away_is_nobodys_mistake(job: RegisterJob) -> None:
    def fail() -> str:
        raise OperationalError("gone")

    job(fail)
    assert performed().state == State.LOST
    again = JobRun.objects.get(state=State.ASKED)
    assert again.attempt == 2


def test_a_slot_has_one_run(job: RegisterJob) -> None:
    job()
    slot = timezone.now()
    assert runs.ask("tested", slot=slot)
    runs.perform(runs.claim("tested") or pytest.fail("not claimed"))
    assert runs.ask("tested", slot=slot) is None


def test_one_run_waits_and_one_is_under_way(job: RegisterJob) -> None:
    job()
    assert runs.ask("tested")
    assert runs.ask("tested") is None
    assert runs.claim("tested")
    assert runs.ask("tested")
    assert runs.claim("tested") is None
    with pytest.raises(IntegrityError), transaction.atomic():
        JobRun.objects.filter(state=State.ASKED).update(
            state=State.RUNNING, started_at=timezone.now(), lease=timezone.now()
        )


def test_a_lapsed_run_is_taken_up_again_and_no_more_than_three_times(job: RegisterJob, dpo: User) -> None:
    job()
    runs.ask("tested", by=dpo)
    for _ in range(runs.ATTEMPTS):
        assert runs.recover() == 0
        assert runs.claim("tested")
        assert runs.recover(timezone.now() + dt.timedelta(hours=1)) == 1
    told = list(JobRun.objects.order_by("pk").values_list("state", "attempt", "asked_by"))
    assert told == [(State.LOST, attempt, dpo.pk) for attempt in (1, 2, 3)]
    assert "not tried again" in JobRun.objects.latest("pk").result


def test_who_was_given_up_changes_nothing_any_more(job: RegisterJob) -> None:
    job()
    runs.ask("tested")
    run = runs.claim("tested")
    assert run
    runs.recover(timezone.now() + dt.timedelta(hours=1))
    assert not runs.end(run, State.DONE, "late")
    run.refresh_from_db()
    assert run.state == State.LOST


def test_a_run_acts_as_a_task_of_whoever_asked(job: RegisterJob, dpo: User) -> None:
    seen = []

    def look() -> str:
        act = current()
        assert act
        seen.append((act.channel, act.who().actor))
        return ""

    job(look)
    runs.ask("tested", by=dpo)
    runs.perform(runs.claim("tested") or pytest.fail("not claimed"))
    performed()
    assert seen == [("task", str(dpo.pk)), ("task", "")]


def test_old_runs_are_cleared_away(job: RegisterJob) -> None:
    job()
    now = timezone.now()
    for days in (91, 89, 1):
        ended = now - dt.timedelta(days=days)
        JobRun.objects.create(job="tested", slot=ended, state=State.DONE, finished_at=ended)
    assert housekeeping.prune_runs() == "1 run removed"
    assert JobRun.objects.count() == 2
