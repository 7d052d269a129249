"""Signs of life of workers and schedulers, for the page of jobs."""

import datetime as dt
import os
import socket

from django.utils import timezone

from aims.jobs.models import Heartbeat

EVERY = 10
"""Seconds between two signs of life."""
MISSED = dt.timedelta(seconds=60)
"""Whoever was silent for this long is taken for gone."""


def beat(kind: Heartbeat.Kind) -> None:
    """Say that this process is alive."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    Heartbeat.objects.update_or_create(kind=kind, name=name, defaults={"seen_at": timezone.now()})
