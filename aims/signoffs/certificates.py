"""The certificate of one signature: what it says, and whether it still counts."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.ledger.changes import changes
from aims.policy.policies import PolicyError, shipped
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.standing import latest_decisions, standing_of
from aims.signoffs.subjects import Kind, Subject


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signature and how it stands today."""

    signoff: SignOff
    subject: Subject
    tone: str
    status: str
    explanation: str
    rows: list[dict[str, Any]]
    """What changed between the signed content and the present one."""
    may_withdraw: bool


def certificate_of(kind: Kind, signoff: SignOff, user: User) -> Certificate:
    """Raises Http404 where the person may not see what was signed."""
    subject = kind.load_by_id(user, signoff.subject_id)
    latest = latest_decisions(signoff.subject_kind, [signoff.subject_id]).get(signoff.subject_id, {})
    newest = latest.get(signoff.role)
    counts = newest is not None and newest.pk == signoff.pk
    rows = kind.change_rows(list(changes(signoff.document, subject.document)))
    if signoff.decision == Decision.WITHDRAW:
        status = ("info", _("Withdrawal"), _("It takes an earlier decision back, which stays in the trail."))
    elif withdrawal := SignOff.objects.filter(withdraws=signoff).first():
        status = (
            "bad",
            _("Withdrawn"),
            _("Withdrawn by the signer on %(day)s: “%(reason)s”")
            % {"day": f"{withdrawal.signed_at:%-d %B %Y}", "reason": withdrawal.reason},
        )
    elif not counts:
        status = ("mute", _("Superseded"), _("The same role has decided again since."))
    elif signoff.decision != Decision.APPROVE:
        status = ("warn", _("Open"), _("It stands in the way until this role decides again."))
    else:
        status = _approval(signoff, subject)
    return Certificate(signoff, subject, *status, rows, may_withdraw=counts and signoff.signer_id == user.pk)


def _approval(signoff: SignOff, subject: Subject) -> tuple[str, str, str]:
    """Tone, status and explanation of the newest approval of a role."""
    try:
        standing = standing_of(subject.kind, {signoff.role: signoff}, subject.document, shipped())
    except PolicyError as error:
        return "bad", _("Cannot be told"), _("The policies give no answer: %(error)s") % {"error": error}
    if signoff.role in standing.stale:
        return (
            "bad",
            _("Stale"),
            _("What was signed has changed since, in a way that by policy undoes this signature."),
        )
    if signoff.sha256 == subject.sha256:
        return "ok", _("Stands"), _("What was signed is exactly what is there today.")
    return "ok", _("Stands"), _("What has changed since does not matter to this role, by policy.")
