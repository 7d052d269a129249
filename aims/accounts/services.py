"""Writes about people: accounts, roles, teams, substitutes."""

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.holdings import team_holds
from aims.accounts.models import COMMAND_LINE, RoleGrant, Substitution, Team, TeamMembership, User
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


def demand(by: User | None, permission: str) -> None:
    """Raise PermissionDenied unless the person has the right; None (a command, the set-up) has them all."""
    if by is not None and not by.has_perm(permission):
        raise PermissionDenied(_("Your roles do not let you do this. An administrator can."))


@transaction.atomic
def role_grant(user: User, role: Role, *, by: User | None, reason: str = "") -> RoleGrant:
    """Give a person a role; giving it twice changes nothing. Nobody gives one to themselves.

    `by` is None where a command or the set-up does it. Raises PermissionDenied, and ValidationError for the
    owner's role and for somebody whose account is switched off.
    """
    if by is not None and by.pk == user.pk:
        raise PermissionDenied(_("You cannot give yourself a role. Another administrator can."))
    demand(by, "accounts.add_rolegrant")
    if role not in GRANTABLE:
        raise ValidationError(_("The model owner's role follows from being in a team."))
    _lock_active(user)
    grant = RoleGrant.objects.filter(user=user, role=role).first()
    if grant is None:
        grant = RoleGrant(user=user, role=role)
        trail.save(grant, by=by, reason=reason)
    return grant


@transaction.atomic
def role_revoke(grant: RoleGrant, *, by: User | None, reason: str = "") -> None:
    """Take a role back. What was done in it stays, and so does the history of who held it when.

    Raises PermissionDenied, and ValidationError for the last administrator's role.
    """
    demand(by, "accounts.delete_rolegrant")
    if grant.role == Role.ADMIN:
        administrators_remain(without=grant.user)
    trail.note(grant, by=by, reason=reason)
    grant.delete()


def _lock_active(*people: User) -> None:
    """Raise ValidationError for anybody whose account is off; nobody leaves until the transaction ends.

    Without the lock, what is given at the moment somebody leaves would wait for them to come back.
    """
    wanted = [person.pk for person in people]
    for person in User.objects.select_for_update().filter(pk__in=wanted).order_by("pk"):
        if not person.is_active:
            raise ValidationError(
                _("The account of %(name)s is deactivated. Choose somebody else.") % {"name": person}
            )


def administrators_remain(*, without: User) -> None:
    """Raise ValidationError if nobody else who can log in is an administrator.

    Locks the administrators until the end of the transaction, so that two of them cannot remove each other
    at the same moment. Call it inside one.
    """
    held = RoleGrant.objects.filter(role=Role.ADMIN).values("user")
    administrators = User.objects.select_for_update().filter(pk__in=held).order_by("pk")
    if not any(
        person.is_active and person.has_usable_password() for person in administrators if person != without
    ):
        raise ValidationError(
            _("%(name)s is the last administrator who can log in. Make somebody else one first.")
            % {"name": without}
        )


@transaction.atomic
def team_create(*, slug: str, name: str, lead: User, deputy: User | None = None, by: User | None) -> Team:
    team = Team(slug=slug, name=name, lead=lead, deputy=deputy)
    return team_save(team, by=by)


@transaction.atomic
def team_save(team: Team, *, by: User | None, reason: str = "") -> Team:
    """Save a team and see that its lead and deputy are members.

    Raises PermissionDenied, and ValidationError for what makes no sense: a lead or deputy whose account is
    off, a team switched off while something is still its own.
    """
    demand(by, "accounts.add_team" if team.pk is None else "accounts.change_team")
    team.full_clean()
    if not team.is_active and (held := team_holds(team)):
        raise ValidationError(
            {
                "is_active": _("The team still owns %(what)s. Hand them to another team first.")
                % {"what": ", ".join(held)}
            }
        )
    if team.is_active:
        _lock_active(team.lead, *([team.deputy] if team.deputy else []))
    trail.save(team, by=by, reason=reason)
    for person in (team.lead, team.deputy):
        if person is not None:
            _join(team, person, by=by, reason=reason)
    return team


@transaction.atomic
def member_add(team: Team, user: User, *, by: User | None, reason: str = "") -> TeamMembership:
    """Make somebody a member; twice changes nothing. Raises PermissionDenied, ValidationError."""
    demand(by, "accounts.add_teammembership")
    _lock_active(user)
    return _join(team, user, by=by, reason=reason)


def _join(team: Team, user: User, *, by: User | None, reason: str = "") -> TeamMembership:
    """Nobody joins a team by their own hand: its systems would be theirs. Who has them anyway may."""
    membership = TeamMembership.objects.filter(team=team, user=user).first()
    if membership is None:
        if by is not None and by.pk == user.pk and not by.may_everywhere("registry.add_aisystem"):
            raise PermissionDenied(_("You cannot put yourself into a team. Another administrator can."))
        membership = TeamMembership(team=team, user=user)
        trail.save(membership, by=by, reason=reason)
    return membership


@transaction.atomic
def member_remove(membership: TeamMembership, *, by: User | None, reason: str = "") -> None:
    """Take a person out of a team. Its lead and deputy stay members; raises ValidationError for them."""
    demand(by, "accounts.delete_teammembership")
    team = membership.team
    if membership.user_id in (team.lead_id, team.deputy_id):
        raise ValidationError(
            _("%(name)s leads the team or is its deputy. Choose somebody else for that first.")
            % {"name": membership.user}
        )
    trail.note(membership, by=by, reason=reason)
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
