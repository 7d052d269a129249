"""Writes about people: accounts, roles, teams, substitutes."""

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import RoleGrant, Substitution, Team, TeamMembership, User
from aims.accounts.roles import GRANTABLE, SIGNING, Role
from aims.ledger import trail


@transaction.atomic
def first_administrator_create(*, email: str, name: str, password: str) -> User:
    """The account that an empty portal starts with: administrator, and compliance lead for the first import.

    Raises PermissionDenied once anybody has an account.
    """
    if User.objects.exclude(email=COMMAND_LINE).exists():
        raise PermissionDenied(_("This portal has people already. Ask an administrator for an account."))
    user = User.objects.create_user(email, password, name=name)
    for role in (Role.ADMIN, Role.LEAD):
        role_grant(user, role, by=None)
    return user


COMMAND_LINE = "command-line@aims.invalid"
"""The login of the account under which commands act; nobody can log in with it."""


@transaction.atomic
def command_line_account() -> User:
    """Who acts when a command is run on the machine: an account with the compliance lead's rights.

    It has no password, so it never signs; its name in the trail says where to ask.
    """
    person = User.objects.filter(email=COMMAND_LINE).first()
    if person is None:
        person = User.objects.create_user(COMMAND_LINE, None, name="Command line")
        role_grant(person, Role.LEAD, by=None)
    return person


@transaction.atomic
def role_grant(user: User, role: Role, *, by: User | None) -> RoleGrant:
    """Give a person a role; giving it twice changes nothing. Nobody gives one to themselves.

    `by` is None where a command or the set-up does it.
    """
    if by is not None and by.pk == user.pk:
        raise PermissionDenied(_("You cannot give yourself a role. Another administrator can."))
    if role not in GRANTABLE:
        raise ValidationError(_("The model owner's role follows from being in a team."))
    grant = RoleGrant.objects.filter(user=user, role=role).first()
    if grant is None:
        grant = RoleGrant(user=user, role=role)
        trail.save(grant, by=by)
    return grant


@transaction.atomic
def role_revoke(grant: RoleGrant, *, by: User | None) -> None:
    """Take a role back. What was done in it stays, and so does the history of who held it when."""
    trail.note(grant, by=by)
    grant.delete()


@transaction.atomic
def team_create(*, slug: str, name: str, lead: User, deputy: User | None = None, by: User | None) -> Team:
    team = Team(slug=slug, name=name, lead=lead, deputy=deputy)
    return team_save(team, by=by)


@transaction.atomic
def team_save(team: Team, *, by: User | None) -> Team:
    """Save a team and see that its lead and deputy are members."""
    team.full_clean()
    trail.save(team, by=by)
    for person in (team.lead, team.deputy):
        if person is not None:
            member_add(team, person, by=by)
    return team


@transaction.atomic
def member_add(team: Team, user: User, *, by: User | None) -> TeamMembership:
    membership = TeamMembership.objects.filter(team=team, user=user).first()
    if membership is None:
        membership = TeamMembership(team=team, user=user)
        trail.save(membership, by=by)
    return membership


@transaction.atomic
def member_remove(membership: TeamMembership, *, by: User | None) -> None:
    """Take a person out of a team. Its lead and deputy stay members; raises ValidationError for them."""
    team = membership.team
    if membership.user_id in (team.lead_id, team.deputy_id):
        raise ValidationError(
            _("%(name)s leads the team or is its deputy. Choose somebody else for that first.")
            % {"name": membership.user}
        )
    trail.note(membership, by=by)
    membership.delete()


@transaction.atomic
def substitution_create(
    *, holder: User, role: Role, substitute: User, starts: dt.date, ends: dt.date, reason: str
) -> Substitution:
    """Hand a signing role to a substitute for a period. Only its holder can, and only for what they hold.

    Raises PermissionDenied for a role that the holder has not in their own right (a substitute cannot
    hand it on), ValidationError for a period or person that makes no sense.
    """
    if role not in SIGNING or role not in holder.granted_roles:
        raise PermissionDenied(_("You can hand over only a signing role that you hold yourself."))
    if not substitute.is_active:
        raise ValidationError({"substitute": _("This person's account is switched off.")})
    if ends < timezone.localdate():
        raise ValidationError({"ends": _("The last day is in the past.")})
    entry = Substitution(
        holder=holder, role=role, substitute=substitute, starts=starts, ends=ends, reason=reason
    )
    entry.full_clean()
    trail.save(entry, by=holder)
    return entry


@transaction.atomic
def substitution_end(entry: Substitution, *, by: User) -> Substitution:
    """Take a role back before its last day. What the substitute signed stays signed."""
    if entry.holder_id != by.pk:
        raise PermissionDenied(_("Only the person who handed the role over can take it back."))
    if entry.ended_at is None:
        entry.ended_at = timezone.now()
        trail.save(entry, by=by)
    return entry
