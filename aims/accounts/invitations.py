"""Inviting people by e-mail: an account without a password, and a link that sets the first one.

The account comes first, in one transaction; e-mails go out after it, so that a mail server that does not
answer leaves whole accounts behind and an invitation that can be sent again.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts import services
from aims.accounts.models import Invitation, Team, User
from aims.accounts.roles import Role
from aims.ledger import trail

GOOD_FOR = dt.timedelta(days=14)
_SALT = "aims.accounts.invitation"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody who is to get an account."""

    name: str
    email: str


@transaction.atomic
def invite(
    invitees: Iterable[Invitee],
    *,
    roles: Iterable[Role] = (),
    teams: Iterable[Team] = (),
    by: User,
    reason: str = "",
) -> list[Invitation]:
    """Make accounts that nobody can log in to yet, all or none, each with the roles and teams.

    The e-mails are sent by `send`, afterwards. Raises PermissionDenied, and ValidationError with one
    sentence for each address that has an account.
    """
    services.demand(by, "accounts.add_user")
    wanted, given, joined = list(invitees), list(roles), list(teams)
    if taken := _taken(wanted):
        raise ValidationError(taken)
    invitations = []
    for invitee in wanted:
        person = User.objects.create_user(invitee.email, None, name=invitee.name)
        for role in given:
            services.role_grant(person, role, by=by, reason=reason)
        for team in joined:
            services.member_add(team, person, by=by, reason=reason)
        invitations.append(_renewed(Invitation(user=person, round=0), by=by, reason=reason))
    return invitations


def _taken(invitees: list[Invitee]) -> list[str]:
    """What to say of each address that is somebody's already, or stands twice among the wanted."""
    wanted = [invitee.email.strip().lower() for invitee in invitees]
    known = User.objects.in_bulk(wanted, field_name="email")
    words = []
    for email in dict.fromkeys(wanted):
        if person := known.get(email):
            words.append(
                _("%(email)s has an account: %(name)s.")
                if person.is_active
                else _("%(email)s has a deactivated account: %(name)s. Reactivate it on that person’s page.")
            )
            words[-1] %= {"email": email, "name": person.name}
        elif wanted.count(email) > 1:
            words.append(_("%(email)s stands here twice.") % {"email": email})
    return words


@transaction.atomic
def renew(person: User, *, by: User) -> Invitation:
    """Invite somebody again who has no password: links sent before stop working. `send` sends the new one.

    Raises PermissionDenied, and ValidationError for somebody who can log in or whose account is off.
    """
    services.demand(by, "accounts.add_user")
    person = User.objects.select_for_update().get(pk=person.pk)
    if not person.is_active:
        raise ValidationError(
            _("The account of %(name)s is deactivated. Reactivate it first.") % {"name": person}
        )
    if person.has_usable_password() or person.is_machine:
        raise ValidationError(_("%(name)s needs no invitation.") % {"name": person})
    invitation = Invitation.objects.filter(user=person).first() or Invitation(user=person, round=0)
    return _renewed(invitation, by=by)


def _renewed(invitation: Invitation, *, by: User, reason: str = "") -> Invitation:
    now = timezone.now()
    invitation.round += 1
    invitation.invited_by = by
    invitation.invited_at, invitation.expires_at = now, now + GOOD_FOR
    invitation.sent_at = invitation.accepted_at = invitation.revoked_at = None
    trail.save(invitation, by=by, reason=reason)
    return invitation


def send(invitations: Iterable[Invitation]) -> list[Invitation]:
    """Mail each link; returns those whose e-mail could not be sent. Call it after the accounts are committed.

    A server that does not even answer is tried once, not once a person.
    """
    wanted = list(invitations)
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:  # smtplib's errors are OSErrors, too
        _log.warning("No invitation was sent: %s", error)
        return wanted
    failed: list[Invitation] = []
    for invitation in wanted:
        try:
            _message(invitation, connection).send()
        except OSError as error:
            _log.warning("The invitation of %s was not sent: %s", invitation.pk, error)
            failed.append(invitation)
        else:
            invitation.sent_at = timezone.now()
            trail.save(invitation, by=invitation.invited_by, reason=_("E-mail sent"))
    with suppress(OSError):
        connection.close()
    return failed


def _message(invitation: Invitation, connection: object) -> EmailMessage:
    context = {
        "invitation": invitation,
        "person": invitation.user,
        "link": settings.AIMS_URL + reverse("invitation", args=[token_of(invitation)]),
        "portal": settings.AIMS_URL,
    }
    subject = render_to_string("accounts/email/invitation_subject.txt", context)
    return EmailMessage(
        " ".join(subject.split()),
        render_to_string("accounts/email/invitation.txt", context),
        to=[invitation.user.email],
        connection=connection,
    )


def token_of(invitation: Invitation) -> str:
    """What stands in the link: signed, and good for this round and this e-mail address alone: a link sent
    to a wrong address opens nothing once the address is put right."""
    return signing.dumps([str(invitation.pk), invitation.round, invitation.user.email], salt=_SALT)


def find(token: str) -> Invitation | None:
    """The invitation that a link speaks of, open or not; None for a link that is none of ours."""
    try:
        person, number, email = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Invitation.objects.select_related("user", "invited_by")
    return found.filter(pk=person, round=number, user__email=email).first()


@transaction.atomic
def accept(invitation: Invitation, *, password: str) -> User:
    """Set the first password. Raises PermissionDenied once the link is used, taken back or too old."""
    person = User.objects.select_for_update().get(pk=invitation.pk)
    current = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if (
        current.round != invitation.round
        or not current.is_open(now=timezone.now())
        or not person.is_active
        or person.has_usable_password()
    ):
        raise PermissionDenied(_("This invitation no longer works. Ask for a new one."))
    person.set_password(password)
    trail.save(person, by=person, reason=_("Accepted the invitation"))
    current.accepted_at = timezone.now()
    trail.save(current, by=person)
    return person


@transaction.atomic
def revoke(person: User, *, by: User, reason: str = "") -> Invitation:
    """Take an open invitation back: the link stops working. The account stays, and can be invited again.

    Raises PermissionDenied, and ValidationError where there is nothing to take back.
    """
    services.demand(by, "accounts.change_user")
    invitation = Invitation.objects.select_for_update().filter(user=person).first()
    if invitation is None or invitation.accepted_at or invitation.revoked_at:
        raise ValidationError(_("There is no open invitation of %(name)s.") % {"name": person})
    invitation.revoked_at = timezone.now()
    trail.save(invitation, by=by, reason=reason)
    return invitation
