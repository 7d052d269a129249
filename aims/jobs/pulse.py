"""What goes on in a worker beside its tasks: it looks into the table of runs, and says that it is alive.

The table is the truth. A run that somebody asked for in another process, or whose message a broker lost, is
found here within a second; a run whose worker died is given up here and asked for again.
"""

import logging
import threading
import time

from celery.exceptions import OperationalError as BrokerError
from django.db import DatabaseError, InterfaceError, connection

from aims.jobs import heartbeats, registry, runs
from aims.jobs.models import Heartbeat, JobRun
from aims.jobs.tasks import run_job

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks."""
PATIENCE = 15.0
"""Seconds before a worker is woken again for a run that it has not taken up."""


class Pulse(threading.Thread):
    """Runs until `stop` is called; outlives a database or a broker that is away."""

    def __init__(self) -> None:
        super().__init__(name="pulse", daemon=True)
        self._stop_asked = threading.Event()
        self._woken: dict[int, float] = {}
        self._seen = -heartbeats.EVERY * 2.0

    def run(self) -> None:
        while not self._stop_asked.wait(LOOK):
            try:
                self.look()
            except (DatabaseError, InterfaceError) as error:
                log.warning("The worker cannot reach the database: %s", error)
                connection.close()
            except (BrokerError, OSError) as error:
                log.warning("The worker cannot reach the broker: %s", error)
        connection.close()

    def stop(self) -> None:
        self._stop_asked.set()

    def look(self) -> None:
        now = time.monotonic()
        if now - self._seen > heartbeats.EVERY:
            heartbeats.beat(Heartbeat.Kind.WORKER)
            self._seen = now
        runs.recover()
        waiting = JobRun.objects.startable().filter(job__in=registry.names())
        asked = dict(waiting.values_list("pk", "job"))
        self._woken = {pk: at for pk, at in self._woken.items() if pk in asked and now - at < PATIENCE}
        for pk, name in asked.items():
            if pk not in self._woken:
                run_job.apply_async([name], expires=PATIENCE, retry=False)
                self._woken[pk] = now
