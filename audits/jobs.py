"""What runs by itself: each a plain function that says in one line what it did."""

from django.utils.translation import gettext as _

from audits.checklist import checklist
from audits.services import score_and_keep


def score_gap() -> str:
    """Score the gap checklist and keep the score. Runs every night; it may run twice."""
    found = score_and_keep()
    return _("Gap score: %(score)d of %(total)d.") % {
        "score": found.score,
        "total": checklist().scoring.total,
    }
