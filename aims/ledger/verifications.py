"""Verifying on record: each run is kept, and a failure is told to whom an upper app says (`on_failure`)."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from aims.ledger import verifier
from aims.ledger.models import Verification

Alarm = Callable[[Verification, str], None]
"""Takes a failed run, and a name for the set of its findings: the same one is to be told once."""

_alarms: list[Alarm] = []


def on_failure(alarm: Alarm) -> None:
    """Have people told of a failed verification. Called in an app's `ready()`."""
    if alarm not in _alarms:
        _alarms.append(alarm)


def verify(since: int = 1, outside: Sequence[tuple[str, str]] = (), *, by: str = "") -> verifier.Report:
    """Judge the ledger (`verifier.verify`), keep what was found, raise the alarm if something was changed.

    `by` is the UUID of who asked for it; empty for a job or a command.
    """
    started = timezone.now()
    report = verifier.verify(since, outside)
    with transaction.atomic():
        run = Verification.objects.create(
            started=started, finished=timezone.now(), since=since, by=by, **report.as_dict()
        )
        if report.findings:
            for alarm in _alarms:
                alarm(run, findings_name(report))
    return report


def findings_name(report: verifier.Report) -> str:
    """The same for the same findings, in whatever order they were found."""
    told = sorted(finding.message for finding in report.findings)
    return sha256("\n".join(told).encode()).hexdigest()[:32]
