"""The scheduler: django-celery-beat's, which reads its schedule from the database, and writes what is due."""

import logging
import time
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

from aims.jobs import heartbeats, registry, schedules
from aims.jobs.models import Heartbeat

log = logging.getLogger(__name__)


class TableScheduler(DatabaseScheduler):
    """Writes each due run into the table before it wakes a worker: what the broker loses is not lost.

    When it comes up, it asks for what became due while no scheduler was there, once a job.
    """

    _seen = 0.0
    _caught_up = False

    def setup_schedule(self) -> None:
        try:
            schedules.sync()
        except IntegrityError:  # another scheduler came up at the same moment; what it wrote is there now
            schedules.sync()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        try:
            if time.monotonic() - self._seen > heartbeats.EVERY:
                close_old_connections()
                heartbeats.beat(Heartbeat.Kind.BEAT)
                self._seen = time.monotonic()
            if not self._caught_up:
                schedules.catch_up()
                self._caught_up = True
            return float(super().tick(*args, **kwargs))
        except (DatabaseError, InterfaceError) as error:
            # What is due meanwhile is caught up on.
            log.warning("The scheduler cannot reach the database: %s", error)
            self._caught_up = False
            return 1.0

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        job = registry.find(entry.name)
        if job is None or not schedules.due(job):
            return None
        return super().apply_async(entry, *args, **kwargs)
