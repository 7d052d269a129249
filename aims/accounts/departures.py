"""Somebody leaves: what they held is handed over, the account is switched off, and nothing is forgotten.

What they did stays: signatures, history, what they wrote. `deactivate` is the only way out and `reactivate`
the only way back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts import holdings, services
from aims.accounts.holdings import HandOver, Holding, Kind, Passing
from aims.accounts.models import Invitation, RoleGrant, Substitution, Team, TeamMembership, User
from aims.accounts.roles import SIGNING, Role
from aims.ledger import trail

NAMED = 3
"""How many titles a warning names before it only counts."""


@dataclass(frozen=True, slots=True)
class Held:
    """A holding with its kind, under the name by which pages and `deactivate` speak of it."""

    kind: Kind
    holding: Holding

    @property
    def key(self) -> str:
        return f"{self.kind.name}-{self.holding.key}"


def held_by(person: User) -> list[Held]:
    """Everything that rests on the person, by kind, in the order in which it is handed over."""
    return [Held(kind, holding) for kind in (*OWN, *holdings.kinds()) for holding in kind.held_by(person)]


@transaction.atomic
def deactivate(person: User, *, successors: Mapping[str, User | None], by: User, reason: str) -> list[Held]:
    """Hand over all that a person holds, end their sessions and switch the account off, all or nothing.

    `successors`: the key of a holding -> who takes it over; None or no entry: nobody. Returns what there was.
    Raises PermissionDenied, and ValidationError: a sentence about the person under "", else about a holding
    under its key, such as a team that would be left without a lead.
    """
    services.demand(by, "accounts.change_user")
    if by.pk == person.pk:
        raise PermissionDenied(_("You cannot deactivate yourself. Another administrator can."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it stays in the history.")})
    services.administrators_remain(without=person)
    concerned = {person.pk, by.pk, *(each.pk for each in successors.values() if each)}
    rows = User.objects.select_for_update().filter(pk__in=concerned).order_by("pk")
    locked = {each.pk: each for each in rows}
    person = locked[person.pk]
    services.demand(locked[by.pk], "accounts.change_user")  # two who deactivate each other: one is too late
    if not person.is_active:
        raise ValidationError(_("The account of %(name)s is deactivated already.") % {"name": person})
    if person.is_machine:
        raise ValidationError(_("Commands run under this account. It is not a person’s, and it stays."))
    every = held_by(person)
    wrong: dict[str, str] = {}
    for held in every:
        chosen = successors.get(held.key)
        successor = locked.get(chosen.pk) if chosen else None
        try:
            _hand_over(HandOver(held.holding, person, successor, by, reason), held.kind)
        except ValidationError as error:
            wrong[held.key] = " ".join(error.messages)
        except PermissionDenied as error:
            wrong[held.key] = str(error)
    if wrong:
        raise ValidationError(wrong)
    _places_in_closed_teams(person, by=by, reason=reason)
    for invitation in Invitation.objects.filter(user=person, accepted_at=None, revoked_at=None):
        invitation.revoked_at = timezone.now()
        trail.save(invitation, by=by, reason=reason)
    person.is_active = False
    # Sessions hang on the password: without one they end, and stay ended should the person return.
    person.set_unusable_password()
    trail.save(person, by=by, reason=reason)
    return every


def _hand_over(way: HandOver, kind: Kind) -> None:
    successor, passing = way.successor, way.holding.passing
    if successor is None and passing is Passing.MUST:
        raise ValidationError(_("Choose who takes this over."))
    if successor is not None:
        if successor.pk == way.person.pk:
            raise ValidationError(_("%(name)s is the one who leaves.") % {"name": successor})
        if not successor.is_active or successor.is_machine:
            raise ValidationError(_("The account of %(name)s is deactivated.") % {"name": successor})
        if passing is Passing.ENDS:
            raise ValidationError(_("This ends, and cannot be passed on."))
    kind.hand_over(way)


@transaction.atomic
def reactivate(person: User, *, by: User, reason: str) -> User:
    """Switch an account on again. Nothing comes back with it: no role, no team, no password.

    Raises PermissionDenied, and ValidationError for an account that is on.
    """
    services.demand(by, "accounts.change_user")
    person = User.objects.select_for_update().get(pk=person.pk)
    if person.is_active:
        raise ValidationError(_("The account of %(name)s is active.") % {"name": person})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it stays in the history.")})
    person.is_active = True
    person.set_unusable_password()
    trail.save(person, by=by, reason=reason)
    return person


# --- What accounts itself keeps ----------------------------------------------------------------------------


def _places(person: User) -> Iterator[Holding]:
    """Teams that the person leads, deputises for or is in; the place goes with the higher duty."""
    its = Q(lead=person) | Q(deputy=person) | Q(memberships__user=person)
    for team in Team.objects.filter(its, is_active=True).select_related("lead").distinct():
        url = team.get_absolute_url()
        if team.lead_id == person.pk:
            title = _("Lead of %(team)s") % {"team": team}
            yield Holding(f"{team.pk}", title, Passing.MUST, team.slug, url, value=team)
        elif team.deputy_id == person.pk:
            title, otherwise = _("Deputy of %(team)s") % {"team": team}, _("The team has no deputy then.")
            yield Holding(f"{team.pk}", title, Passing.USUALLY, team.slug, url, otherwise, value=team)
        else:
            title, otherwise = _("Member of %(team)s") % {"team": team}, _("The place stays empty.")
            yield Holding(f"{team.pk}", title, Passing.USUALLY, team.slug, url, otherwise, value=team)


def _pass_place(way: HandOver) -> None:
    team: Team = way.holding.value
    if team.lead_id == way.person.pk:
        assert way.successor
        team.lead = way.successor
        if team.deputy_id == way.successor.pk:
            team.deputy = None  # nobody is both
        services.team_save(team, by=way.by, reason=way.reason)
    elif team.deputy_id == way.person.pk:
        leads = way.successor is not None and way.successor.pk == team.lead_id
        team.deputy = None if leads else way.successor
        services.team_save(team, by=way.by, reason=way.reason)
    elif way.successor is not None and not team.memberships.filter(user=way.successor).exists():
        services.member_add(team, way.successor, by=way.by, reason=way.reason)
    for membership in team.memberships.filter(user=way.person):
        membership.team = team
        services.member_remove(membership, by=way.by, reason=way.reason)


def _places_in_closed_teams(person: User, *, by: User, reason: str) -> None:
    """A team that is switched off gives nobody anything, but would if it were switched on again."""
    closed = TeamMembership.objects.filter(user=person, team__is_active=False).select_related("team")
    for membership in closed.exclude(team__lead=person).exclude(team__deputy=person):
        services.member_remove(membership, by=by, reason=reason)


def _roles(person: User) -> Iterator[Holding]:
    others = (
        RoleGrant.objects.filter(role=OuterRef("role"), user__in=User.objects.able_to_log_in().values("pk"))
        .exclude(user=person)
        .order_by()
    )
    grants = {Role(grant.role): grant for grant in person.role_grants.annotate(others=Exists(others))}
    for role in Role:
        if role in grants:
            alone = role in SIGNING and not grants[role].others
            yield Holding(
                role.value,
                str(role.label),
                Passing.ON_REQUEST,
                otherwise=_("The role ends."),
                warning=nobody_left(role) if alone else "",
                value=grants[role],
            )


def nobody_left(role: Role) -> str:
    """What has to be known when the last holder of a signing role goes."""
    words = _("Nobody else holds this role, so what asks for its signature waits for nobody.")
    titles = holdings.waiting_for(role)
    if titles:
        named, more = ", ".join(titles[:NAMED]), len(titles) - NAMED
        if more > 0:
            named += " " + ngettext("and one more", "and %(n)d more", more) % {"n": more}
        words += " " + _("Waiting now: %(titles)s.") % {"titles": named}
    return words


def _pass_role(way: HandOver) -> None:
    grant: RoleGrant = way.holding.value
    if way.successor is not None:
        services.role_grant(way.successor, Role(grant.role), by=way.by, reason=way.reason)
    services.role_revoke(grant, by=way.by, reason=way.reason)


def _substitutions(person: User) -> Iterator[Holding]:
    for entry in Substitution.objects.of(person).running(on=timezone.localdate()):
        names = {
            "holder": entry.holder,
            "substitute": entry.substitute,
            "role": entry.get_role_display(),
            "ends": f"{entry.ends:%Y-%m-%d}",
        }
        if entry.holder_id == person.pk:
            title = _("%(substitute)s stands in as %(role)s until %(ends)s") % names
            otherwise = _("It ends with the role.")
        else:
            title = _("Stands in for %(holder)s as %(role)s until %(ends)s") % names
            otherwise = _("It ends. Tell %(holder)s, who alone can name another substitute.") % names
        yield Holding(str(entry.pk), title, Passing.ENDS, entry.reason, otherwise=otherwise, value=entry)


def _end_substitution(way: HandOver) -> None:
    entry: Substitution = way.holding.value
    entry.ended_at = timezone.now()
    trail.save(entry, by=way.by, reason=way.reason)


OWN = (
    Kind("team", gettext_lazy("Teams"), _places, _pass_place),
    Kind("role", gettext_lazy("Roles"), _roles, _pass_role),
    Kind("substitution", gettext_lazy("Substitutions"), _substitutions, _end_substitution),
)
"""Teams come first: being in one is what lets a successor take over the rest."""
