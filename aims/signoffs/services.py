"""Signing and withdrawing."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import Substitution, User
from aims.accounts.roles import Role
from aims.policy.policies import shipped
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.standing import latest_decisions
from aims.signoffs.subjects import Kind, Subject, digest

ANSWERS = (Decision.APPROVE, Decision.CHANGES, Decision.REJECT)
"""What can be decided about a subject; withdrawing is an event about a signature."""


class WrongPassword(Exception):
    """The password given with a signature is not the signer's."""


class ReasonNeeded(Exception):
    """A decision without a reason."""


class ContentMoved(Exception):
    """What was shown is no longer what is. `subject` is as it is now."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        super().__init__(_("“%(title)s” has changed since the page was opened.") % {"title": subject.title})


def role_for(user: User, role: str) -> tuple[Role, Substitution | None]:
    """The role that a person would sign in, in their own right or as today's substitute."""
    wanted = Role(role)
    if wanted in user.granted_roles:
        return wanted, None
    if wanted in user.substitutions:
        return wanted, user.substitutions[wanted]
    raise PermissionDenied(_("You do not hold this role: %(role)s.") % {"role": wanted.label})


def hindrance(subject: Subject, user: User, role: str, latest: dict[str, SignOff]) -> str:
    """Why this person may not decide about the subject in this role; empty if they may.

    `latest`: the newest decision of each role about it.
    Four eyes: nobody decides about what they wrote, and a substitute does not stand beside their own
    signature for a second role. Nor is exactly the same approved twice: that would only blur when it was.
    """
    if not subject.open:
        return subject.closed_because
    if role not in subject.required:
        return _("Policy does not ask this role to sign.")
    try:
        _role, substitution = role_for(user, role)
    except PermissionDenied as error:
        return str(error)
    if user.pk in subject.authors:
        return _("You wrote or submitted part of this. Somebody else has to decide about it.")
    if substitution is not None and substitution.holder_id in subject.authors:
        return _("%(holder)s, for whom you stand in, wrote part of this. Somebody else has to decide.") % {
            "holder": substitution.holder
        }
    for other, signoff in latest.items():
        if other == role and approved_by(user, signoff, subject):
            return _("You have approved exactly this. To decide differently, withdraw the signature first.")
        if other == role or signoff.signer_id != user.pk or signoff.decision != Decision.APPROVE:
            continue
        if substitution is not None or signoff.on_behalf_of_id is not None:
            return _("You have signed as %(role)s already. A substitute cannot give both signatures.") % {
                "role": signoff.get_role_display()
            }
    return ""


def approved_by(user: User, signoff: SignOff, subject: Subject) -> bool:
    """Whether the person has approved exactly what the subject is now."""
    return (
        signoff.decision == Decision.APPROVE
        and signoff.signer_id == user.pk
        and signoff.sha256 == subject.sha256
    )


def roles_to_sign(subject: Subject, user: User) -> list[Role]:
    """Roles of the person that policy asks about this subject."""
    return [role for role in Role if role in user.roles and role.value in subject.required]


def sign(
    kind: Kind, key: str, *, role: str, decision: str, reason: str, password: str, shown: str, by: User
) -> SignOff:
    """Record a decision about exactly what was shown: `shown` is the canonical text that the page carried.

    Raises ValueError for a decision that is none, ReasonNeeded, WrongPassword, PermissionDenied (role,
    four eyes), and ContentMoved if the subject is no longer what the page showed. Nothing is written then.
    """
    if decision not in ANSWERS:
        raise ValueError(f"{decision!r} is not one of {', '.join(ANSWERS)}.")
    _confirm(reason, password, by)
    with transaction.atomic():
        return _signed(kind, key, role, decision, reason, shown, by)


def _confirm(reason: str, password: str, by: User) -> None:
    """What a signature needs of the signer. Checked before anything is locked: hashing takes its time."""
    if not reason.strip():
        raise ReasonNeeded(_("Give a reason. It stays with the signature."))
    if not by.check_password(password):
        raise WrongPassword(_("This is not your password."))


def _signed(kind: Kind, key: str, role: str, decision: str, reason: str, shown: str, by: User) -> SignOff:
    subject = kind.load_locked(by, key)
    latest = latest_decisions(subject.kind, [subject.id]).get(subject.id, {})
    if why := hindrance(subject, by, role, latest):
        raise PermissionDenied(why)
    if subject.sha256 != digest(shown):
        raise ContentMoved(subject)
    _role, substitution = role_for(by, role)
    signoff = SignOff.objects.create(
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_title=subject.title,
        role=role,
        decision=Decision(decision),
        meaning=_meaning(kind, subject, role, decision),
        reason=reason.strip(),
        signer=by,
        on_behalf_of=substitution.holder if substitution else None,
        signed_at=timezone.now(),
        sha256=subject.sha256,
        signed_bytes=subject.signed_bytes,
        policy_revision=shipped().revision,
    )
    kind.decided(subject, signoff)
    return signoff


def withdraw(kind: Kind, signoff: SignOff, *, reason: str, password: str, by: User) -> SignOff:
    """Take a signature back, by a new event. Only the signer can, and only the newest of its role.

    Raises PermissionDenied, ReasonNeeded and WrongPassword.
    """
    if signoff.signer_id != by.pk:
        raise PermissionDenied(_("Only the person who signed can withdraw the signature."))
    _confirm(reason, password, by)
    with transaction.atomic():
        return _withdrawn(kind, signoff.pk, reason, by)


def _withdrawn(kind: Kind, pk: int, reason: str, by: User) -> SignOff:
    signoff = SignOff.objects.select_for_update(of=("self",)).get(pk=pk)  # a second click waits, then is told
    latest = latest_decisions(signoff.subject_kind, [signoff.subject_id]).get(signoff.subject_id, {})
    if (newest := latest.get(signoff.role)) is None or newest.pk != signoff.pk:
        raise PermissionDenied(_("This signature no longer counts, so there is nothing to withdraw."))
    withdrawal = SignOff.objects.create(
        subject_kind=signoff.subject_kind,
        subject_id=signoff.subject_id,
        subject_title=signoff.subject_title,
        role=signoff.role,
        decision=Decision.WITHDRAW,
        meaning=_("I withdraw my decision of %(when)s.") % {"when": f"{signoff.signed_at:%Y-%m-%d}"},
        reason=reason.strip(),
        signer=by,
        on_behalf_of=signoff.on_behalf_of,
        signed_at=timezone.now(),
        sha256=signoff.sha256,
        signed_bytes=signoff.signed_bytes,
        policy_revision=shipped().revision,
        withdraws=signoff,
    )
    kind.withdrawn(withdrawal)
    return withdrawal


def _meaning(kind: Kind, subject: Subject, role: str, decision: str) -> str:
    if decision == Decision.APPROVE:
        return kind.meaning(subject, role)
    if decision == Decision.CHANGES:
        return _("I ask for changes before I decide about “%(title)s”.") % {"title": subject.title}
    return _("I reject “%(title)s” as it is described.") % {"title": subject.title}
