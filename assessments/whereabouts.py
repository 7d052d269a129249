"""Where a system's assessment stands, in a sentence: for the page that explains what blocks a system."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from aims.signoffs.models import SignOff
from assessments.approval import SUBJECT
from assessments.models import Assessment
from assessments.states import State
from registry.models import AISystem


def whereabouts(system: AISystem) -> str:
    """What has become of the newest version, by whom and when. Two queries at most."""
    newest = (
        Assessment.objects.newest()
        .filter(system=system)
        .select_related("edited_by", "submitted_by")
        .defer("content", "record")
        .first()
    )
    if newest is None:
        return _("Nobody has begun one.")
    named = {"ref": newest.ref, "number": newest.version}
    match newest.state:
        case State.DRAFT:
            return _("%(ref)s, version %(number)d, is being written. %(who)s saved it last, on %(when)s.") % {
                **named,
                "who": newest.edited_by,
                "when": _day(newest.updated_at),
            }
        case State.SUBMITTED:
            return _(
                "%(ref)s, version %(number)d, was submitted by %(who)s on %(when)s and waits for a decision."
            ) % {**named, "who": newest.submitted_by, "when": _day(newest.submitted_at)}
        case State.CHANGES_REQUESTED:
            text = _(
                "%(ref)s, version %(number)d, was sent back by %(who)s on %(when)s: “%(reason)s” "
                "It is changed and submitted again."
            )
            return text % {**named, **_last_decision(newest)}
        case State.DECLINED:
            text = _(
                "%(ref)s, version %(number)d, was rejected by %(who)s on %(when)s: “%(reason)s” "
                "A new version can start from it."
            )
            return text % {**named, **_last_decision(newest)}
        case State.APPROVED:
            return _(
                "%(ref)s, version %(number)d, was approved on %(when)s. No newer one has been begun."
            ) % {
                **named,
                "when": _day(newest.approved_at),
            }
        case _:
            return _("The approval of %(ref)s, version %(number)d, was withdrawn.") % named


def _last_decision(assessment: Assessment) -> dict[str, str]:
    signoff = SignOff.objects.about(SUBJECT, [assessment.pk]).select_related("signer").last()
    if signoff is None:
        return {"who": "", "when": "", "reason": ""}
    return {"who": str(signoff.signer), "when": _day(signoff.signed_at), "reason": signoff.reason}


def _day(moment: dt.datetime | None) -> str:
    return f"{timezone.localdate(moment):%-d %b %Y}" if moment else ""
