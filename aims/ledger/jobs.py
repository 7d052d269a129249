"""What is done with the ledger at set times. Each returns one line on the result."""

import datetime as dt

from django.utils import timezone

from aims.ledger import checkpoints, verifications
from aims.ledger.models import Entry


def make_checkpoint_job() -> str:
    """Every minute."""
    made = checkpoints.make_checkpoint()
    return f"Signed {made.size} entries." if made else "Nothing new."


def verify_job(*, full: bool = True, by: str = "") -> str:
    """Nightly in full; hourly with full=False: the rows of the last two hours."""
    started, since = timezone.now(), 1
    if not full:
        recent = Entry.objects.filter(at__gte=started - dt.timedelta(hours=2)).order_by("seq").first()
        since = recent.seq if recent else 2**62
    report = verifications.verify(since, by=by)
    return f"{report.status}: {report.entries} entries, {len(report.findings)} findings."
