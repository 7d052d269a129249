"""Jobs neither lose nor repeat: real workers, schedulers, Redis and PostgreSQL, killed and started again."""

import datetime as dt
import time

from tests import postgres
from tests.jobs.conftest import Database
from tests.processes import Installation, Redis, until

LAST = dt.timedelta(days=3)


def began(made: Installation) -> int:
    file = made.home / "began"
    return len(file.read_text()) if file.exists() else 0


def test_what_is_asked_for_from_outside_is_done_by_the_embedded_worker(embedded: Installation) -> None:
    """The broker is in the worker's memory: who asks in another process reaches it through the table."""
    data = Database(embedded)
    embedded.embedded_worker()
    until(lambda: data.rows("SELECT 1 FROM jobs_heartbeat WHERE kind='worker'"), "the worker is seen")
    asked = time.monotonic()
    data.ask("effect")
    until(lambda: data.states("effect") == ["done"], "the run is done")
    assert time.monotonic() - asked < 10
    assert data.effects("effect") == 1
    assert data.rows("SELECT result FROM jobs_jobrun WHERE job='effect'") == [("One effect.",)]


def killed_in_the_middle(made: Installation, start: str) -> None:
    data = Database(made)
    (made.home / "halt").touch()
    data.ask("effect")
    first = made.worker("--concurrency", "1") if start == "prefork" else made.embedded_worker()
    until(lambda: began(made) == 1, "the run is under way")
    made.kill(first)
    (made.home / "halt").unlink()
    assert data.states("effect") == ["running"]  # nobody is there to say otherwise
    second = made.worker("--concurrency", "1") if start == "prefork" else made.embedded_worker()
    until(lambda: data.states("effect") == ["lost", "done"], "the run is given up and taken up again")
    assert data.effects("effect") == 1
    assert began(made) == 2
    assert second.poll() is None


def test_a_run_whose_embedded_worker_is_killed_is_taken_up_again(embedded: Installation) -> None:
    killed_in_the_middle(embedded, "embedded")


def test_a_run_whose_worker_is_killed_is_taken_up_again_in_production(production: Installation) -> None:
    killed_in_the_middle(production, "prefork")


def test_two_schedulers_and_two_workers_make_one_run_for_each_slot(production: Installation) -> None:
    data = Database(production)
    for _ in range(2):
        production.worker("--concurrency", "1")
        production.beat()
    until(lambda: data.states("effect-often").count("done") >= 3, "three slots are over")
    both = data.rows("SELECT COUNT(*) FROM jobs_heartbeat WHERE kind='beat'")
    assert both == [(2,)]
    production.stop_all()
    slots = data.rows("SELECT COUNT(slot), COUNT(DISTINCT slot) FROM jobs_jobrun WHERE job='effect-often'")
    assert slots[0][0] == slots[0][1]
    assert data.effects("effect-often") == data.states("effect-often").count("done")


def test_nights_without_a_scheduler_are_caught_up_on_once(embedded: Installation) -> None:
    """It was away for three days: the nightly run is neither lost nor done three times."""
    data = Database(embedded)
    first = embedded.embedded_worker()
    until(lambda: data.rows("SELECT 1 FROM jobs_jobschedule WHERE name='effect'"), "the job has a schedule")
    until(lambda: data.rows("SELECT 1 FROM jobs_heartbeat WHERE kind='beat'"), "the scheduler is seen")
    assert data.states("effect") == []  # not due before midnight
    embedded.kill(first)
    then = dt.datetime.now(dt.UTC) - LAST
    data.rows(f"UPDATE jobs_jobschedule SET since='{then:%Y-%m-%d %H:%M:%S}'")
    data.rows(f"UPDATE django_celery_beat_periodictask SET last_run_at='{then:%Y-%m-%d %H:%M:%S}'")
    embedded.embedded_worker()
    until(lambda: "done" in data.states("effect"), "the missed night is made up for")
    time.sleep(3)  # long enough for a second one
    assert data.states("effect") == ["done"]
    assert data.effects("effect") == 1


def test_redis_may_go_and_come_back_empty(production: Installation, redis: Redis) -> None:
    data = Database(production)
    production.worker("--concurrency", "1")
    data.ask("effect")
    until(lambda: data.states("effect") == ["done"], "the first run is done")
    redis.stop()
    data.ask("effect")
    time.sleep(3)
    assert data.states("effect") == ["done", "asked"]
    redis.start()
    until(lambda: data.states("effect") == ["done", "done"], "the run that waited is done")
    assert data.effects("effect") == 2


def test_postgresql_may_be_restarted_under_a_run(
    production: Installation, production_server: postgres.Server
) -> None:
    data = Database(production)
    production.worker("--concurrency", "1")
    production.beat()
    (production.home / "halt").touch()
    data.ask("effect")
    until(lambda: began(production) == 1, "the run is under way")
    production_server.stop()
    (production.home / "halt").unlink()
    production_server.start()
    until(lambda: data.states("effect")[-1] == "done", "the run is taken up again")
    assert data.states("effect") == ["lost", "done"]
    assert data.effects("effect") == 1
    often = data.effects("effect-often")
    until(lambda: data.effects("effect-often") > often + 1, "the schedule goes on")
