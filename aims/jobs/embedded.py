"""A worker and a scheduler in one process: what `manage.py serve` runs beside the web process."""

import logging
import os
import signal
import threading
import warnings
from typing import Any, Final

from celery import Celery
from celery.beat import EmbeddedService
from celery.platforms import SecurityWarning
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils.module_loading import import_string

GRACE: Final = 20.0
"""Seconds that a run has to end when the process is told to; then it is cut off, and later taken up again."""


def work() -> int:
    """Work until told to stop; gives the exit status.

    The broker in memory is seen by this process alone, so the scheduler is a thread of it, and the worker
    works in its main thread.
    """
    app: Celery = import_string(settings.CELERY_APPLICATION)
    # The web process runs as the same user; whoever runs it as root has been told by the documentation.
    warnings.simplefilter("ignore", SecurityWarning)
    worker: Any = app.Worker(
        pool="solo",
        loglevel=logging.getLogger().level,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker_shutting_down.connect(_cut_off_later, weak=False)
    beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
    stopping = threading.Event()
    threading.Thread(target=_end_with, args=(beat, stopping), daemon=True).start()
    beat.start()
    try:
        worker.start()
    finally:
        stopping.set()
        beat.stop()
    return int(worker.exitcode or 0)


def _end_with(beat: Any, stopping: threading.Event) -> None:
    """A worker without its scheduler would look alive and do nothing: it ends too, and is started again."""
    while not stopping.wait(1.0):
        if beat.ident is not None and not beat.is_alive() and not stopping.is_set():
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _cut_off_later(**_: Any) -> None:
    """End the process for good if it still runs some seconds after it was told to stop."""
    timer = threading.Timer(GRACE, os._exit, [1])
    timer.daemon = True
    timer.start()
