"""The life of a run: asked for, claimed, performed, ended, or lost and asked for again.

Whoever asks writes a row; whoever works claims one. What a broker delivers, loses or delivers twice changes
only when somebody looks: a run is claimed once, and each claim is a lease that its process renews.
"""

import datetime as dt
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.middleware import who
from aims.accounts.models import User
from aims.jobs import registry
from aims.jobs.models import JobRun, State
from aims.ledger.acting import Act, acting
from aims.ledger.models import Channel

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""A run is taken up again until it was lost this often: a job may be what kills its workers."""
LIMIT = dt.timedelta(hours=1)
"""No run may take longer."""


def lease_time() -> dt.timedelta:
    """For how long a run is held without a sign of life."""
    return dt.timedelta(seconds=settings.AIMS_JOB_LEASE)


def ask(name: str, *, slot: dt.datetime | None = None, by: User | None = None) -> JobRun | None:
    """Ask for a run of the job: by the schedule for a slot, or by a person for now.

    Gives None where one is waiting already, or the slot has had its run. Raises LookupError for a job
    that is not registered.
    """
    if registry.find(name) is None:
        raise LookupError(f"There is no job called {name}")
    now = timezone.now()
    try:
        with transaction.atomic():
            return JobRun.objects.create(job=name, slot=slot or now, asked_by=by, asked_at=now)
    except IntegrityError:
        return None


def claim(name: str) -> JobRun | None:
    """Take up the waiting run of the job, if there is one and none is under way."""
    with transaction.atomic():
        run = JobRun.objects.startable().filter(job=name)
        if connection.features.has_select_for_update_skip_locked:
            run = run.select_for_update(skip_locked=True, of=("self",))
        found = run.first()
        if found is None:
            return None
        found.state, found.started_at = State.RUNNING, timezone.now()
        found.lease = found.started_at + lease_time()
        try:
            with transaction.atomic():
                found.save(update_fields=["state", "started_at", "lease"])
        except IntegrityError:  # another worker was faster: one run of a job at a time
            return None
        return found


def perform(run: JobRun) -> None:
    """Do what a claimed run is for, and write down how it ended."""
    job = registry.find(run.job)
    try:
        if job is None:
            raise LookupError(f"There is no job called {run.job}")
        with held(run), acting(Act(Channel.TASK, who=lambda: who(run.asked_by), reason=run.job)):
            result = job.run()
    except (OperationalError, InterfaceError) as error:
        # The database went away or was busy: nobody's mistake, so it is taken up again. If the database is
        # still gone, the lease lapses and says the same.
        log.warning("Run of %s was interrupted: %s", run.job, error)
        lose(run, _("The database could not be reached: %(error)s") % {"error": error})
    except Exception as error:
        log.exception("Run of %s failed", run.job)
        end(run, State.FAILED, f"{type(error).__name__}: {error}", traceback.format_exc())
    else:
        end(run, State.DONE, result)


def end(run: JobRun, state: State, result: str, detail: str = "") -> bool:
    """Write down how a run ended; False if it was given up meanwhile, and counts no more."""
    mine = JobRun.objects.filter(pk=run.pk, state=State.RUNNING)
    ended = mine.update(state=state, finished_at=timezone.now(), lease=None, result=result, detail=detail)
    return bool(ended)


def lose(run: JobRun, why: str) -> None:
    """Give a run up, and ask for it again unless it was lost too often or one is waiting anyway."""
    with transaction.atomic():
        if run.attempt >= ATTEMPTS:
            why += " " + _("It was tried %(times)s times and is not tried again.") % {"times": ATTEMPTS}
        if not end(run, State.LOST, why) or run.attempt >= ATTEMPTS:
            return
        again = JobRun(job=run.job, slot=run.slot, attempt=run.attempt + 1, asked_by_id=run.asked_by_id)
        try:
            with transaction.atomic():
                again.save()
        except IntegrityError:  # one is waiting already: it does the same
            return


def recover(now: dt.datetime | None = None) -> int:
    """Give up the runs whose workers died, and ask for them again; gives their number."""
    lapsed = list(JobRun.objects.lapsed(now or timezone.now()))
    for run in lapsed:
        lose(run, _("The worker stopped in the middle, or took too long."))
    return len(lapsed)


@contextmanager
def held(run: JobRun) -> Iterator[None]:
    """Renew the lease of a run while it is worked on; for at most the limit."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(run.pk, over), name=f"lease of {run.job}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(pk: int, over: threading.Event) -> None:
    until = timezone.now() + LIMIT
    while not over.wait(lease_time().total_seconds() / 4) and timezone.now() < until:
        try:
            JobRun.objects.filter(pk=pk, state=State.RUNNING).update(lease=timezone.now() + lease_time())
        except DatabaseError as error:  # tried again in a moment
            log.warning("A lease could not be renewed: %s", error)
        finally:
            connection.close()
