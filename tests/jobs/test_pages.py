"""The pages of jobs."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from aims.accounts.models import User
from aims.jobs import heartbeats, registry, runs, schedules
from aims.jobs.models import Heartbeat, JobRun, JobSchedule, State

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_every_job_stands_there_before_anything_has_run(admin: User, client_of: ClientOf) -> None:
    page = text(client_of(admin), "/jobs/")
    for job in registry.all_jobs():
        assert str(job.title) in page
    assert "No worker has been seen yet" in page


def test_silence_is_told_and_life_is_not(admin: User, client_of: ClientOf) -> None:
    heartbeats.beat(Heartbeat.Kind.WORKER)
    heartbeats.beat(Heartbeat.Kind.BEAT)
    assert "has been seen" not in text(client_of(admin), "/jobs/")
    Heartbeat.objects.filter(kind="worker").update(seen_at=timezone.now() - 2 * heartbeats.MISSED)
    page = text(client_of(admin), "/jobs/")
    assert "No worker has been seen since" in page
    assert "No scheduler" not in page


def test_run_now_asks_for_one_run(admin: User, client_of: ClientOf) -> None:
    client = client_of(admin)
    client.post("/jobs/prune-runs/run/")
    answer = client.post("/jobs/prune-runs/run/", follow=True)
    assert "is waiting already" in answer.content.decode()
    run = JobRun.objects.get()
    assert (run.job, run.asked_by, run.state) == ("prune-runs", admin, State.ASKED)


def test_a_failure_is_shown_with_its_text(admin: User, client_of: ClientOf) -> None:
    schedules.sync()
    runs.ask("prune-runs")
    run = runs.claim("prune-runs")
    assert run
    runs.end(run, State.FAILED, "ValueError: <odd>", "Traceback: here")
    assert "ValueError: &lt;odd&gt;" in text(client_of(admin), "/jobs/")
    assert "Traceback: here" in text(client_of(admin), "/jobs/prune-runs/")


def test_a_schedule_is_changed_within_its_bounds(admin: User, client_of: ClientOf) -> None:
    client = client_of(admin)
    url = "/jobs/mail/schedule/"
    values = {"every": "5", "unit": "minutes", "reason": "The server is slow"}
    refused = client.post(url, values | {"unit": "hours"})
    assert refused.status_code == 422
    assert "within the bounds" in refused.content.decode()
    assert client.post(url, values | {"reason": ""}).status_code == 422
    assert not JobSchedule.objects.exists()
    assert client.post(url, values).status_code == 302
    page = text(client, "/jobs/mail/")
    assert "every 5 minutes" in page
    assert "The server is slow" in page


def test_who_reads_sees_no_button(auditor: User, client_of: ClientOf) -> None:
    page = text(client_of(auditor), "/jobs/") + text(client_of(auditor), "/jobs/prune-runs/")
    assert "Run now" not in page
    assert "Save the schedule" not in page


def test_there_is_no_page_for_a_job_that_is_not_there(admin: User, client_of: ClientOf) -> None:
    assert client_of(admin).get("/jobs/nothing/").status_code == 404


@pytest.mark.parametrize("url", ["/jobs/", "/jobs/prune-runs/"])
def test_queries_do_not_grow(
    url: str, admin: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    schedules.sync()
    now = timezone.now()
    for job in registry.names():
        for number in range(30):
            slot = now - dt.timedelta(minutes=number)
            JobRun.objects.create(job=job, slot=slot, state=State.DONE, finished_at=now, asked_by=admin)
    client = client_of(admin)
    with django_assert_max_num_queries(12):
        assert client.get(url).status_code == 200
