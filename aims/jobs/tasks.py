"""The one task that workers know."""

from celery import shared_task

from aims.jobs import runs


@shared_task(name="aims.jobs.tasks.run_job")
def run_job(name: str) -> None:
    """Take up the waiting run of the job and perform it; nothing where there is none."""
    run = runs.claim(name)
    if run is not None:
        runs.perform(run)
