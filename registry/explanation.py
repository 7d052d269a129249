"""Who may do what with a system, and why, in words: for one person, and for everybody."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts import access
from aims.accounts.access import Ground
from aims.accounts.models import RoleGrant, Substitution, TeamMembership, User
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM, Role
from registry.access import in_force, needed_codename, with_granter
from registry.models import AISystem

# --- One person and one system -----------------------------------------------------------------------------

ACTS = {
    "registry.view_aisystem": gettext_lazy("See the system"),
    "registry.change_aisystem": gettext_lazy("Change the record"),
    "assessments.change_assessment": gettext_lazy("Write the impact assessment"),
    "signoffs.add_signoff": gettext_lazy("Sign"),
    "registry.promote_aisystem": gettext_lazy("Ask for production"),
    "registry.suspend_aisystem": gettext_lazy("Suspend"),
    "registry.rollback_aisystem": gettext_lazy("Roll back"),
    "registry.retire_aisystem": gettext_lazy("Retire"),
}
"""What people do with a system, in the words of the pages."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person may or may not do with a system, and why."""

    permission: str
    label: Any
    grounds: list[Ground]
    why_not: str

    @property
    def allowed(self) -> bool:
        return bool(self.grounds)


def explain(person: User, system: AISystem) -> list[Act]:
    """Each act with the reasons for or against; it is allowed exactly where `person.has_perm` says so."""
    found = access.grounds(person, ACTS, system)
    return [
        Act(
            permission,
            label,
            found[permission],
            "" if found[permission] else access.why_not(person, permission),
        )
        for permission, label in ACTS.items()
    ]


# --- Everybody and one system ------------------------------------------------------------------------------

NAMED = 50
"""People of one group whom a page names; the rest it counts."""


@dataclass(slots=True)
class Group:
    """People who may do the same with a system, for the same reason."""

    reason: str
    acts: list[Any]
    """What they may do, in the words of `ACTS`."""
    people: list[tuple[Any, str, str]] = field(default_factory=list)
    """Id, name, and a note on the person: “lead”, “until 3 March”."""
    role: Role | None = None
    """Where the reason is a role that reaches every system."""

    @property
    def named(self) -> list[tuple[Any, str, str]]:
        return self.people[:NAMED]

    @property
    def more(self) -> int:
        return max(len(self.people) - NAMED, 0)


SEE = "registry.view_aisystem"


def groups_of(system: AISystem) -> list[Group]:
    """Everybody who may see the system, by reason: its team, roles, substitutes, exceptions. Four queries."""
    seeing = [role for role in Role if SEE in PERMISSIONS[role]]
    groups = []
    if system.team.is_active and SCOPED_TO_TEAM.intersection(seeing):
        own = Group(_("In %(team)s, the owner") % {"team": system.team}, _acts(*SCOPED_TO_TEAM))
        own.people = _members(system)
        groups.append(own)
    wide = {
        role: Group(str(role.label), _acts(role), role=role) for role in seeing if role not in SCOPED_TO_TEAM
    }
    grants = RoleGrant.objects.filter(role__in=wide, user__is_active=True).order_by("user__name")
    for role, pk, name in grants.values_list("role", "user_id", "user__name"):
        wide[Role(role)].people.append((pk, name, ""))
    groups += wide.values()
    groups += _substitutes(set(wide))
    groups += _exceptions(system)
    return [group for group in groups if group.people]


def _acts(*roles: Role) -> list[Any]:
    return [
        label for permission, label in ACTS.items() if any(permission in PERMISSIONS[role] for role in roles)
    ]


def _members(system: AISystem) -> list[tuple[Any, str, str]]:
    notes = {system.team.deputy_id: _("deputy"), system.team.lead_id: _("lead")}
    members = TeamMembership.objects.filter(team=system.team_id, user__is_active=True).order_by("user__name")
    return [(pk, name, notes.get(pk, "")) for pk, name in members.values_list("user_id", "user__name")]


def _substitutes(roles: set[Role]) -> list[Group]:
    found: dict[Role, Group] = {}
    running = Substitution.objects.in_force(on=timezone.localdate()).filter(
        role__in=roles, substitute__is_active=True
    )
    for entry in running.select_related("holder", "substitute"):
        role = Role(entry.role)
        group = found.setdefault(role, Group(_("Stand in as %(role)s") % {"role": role.label}, _acts(role)))
        note = _("for %(holder)s until %(until)s") % {
            "holder": entry.holder,
            "until": f"{entry.ends:%Y-%m-%d}",
        }
        group.people.append((entry.substitute_id, entry.substitute.name, note))
    return list(found.values())


def _exceptions(system: AISystem) -> list[Group]:
    """By what they permit. One that lets somebody change but not see the system opens no page."""
    found: dict[str, Group] = {}
    entries = with_granter(in_force(system).filter(user__is_active=True)).select_related("user")
    for entry in entries.order_by("user__name"):
        codename = entry.permission.codename
        acts = [label for permission, label in ACTS.items() if needed_codename(permission) == codename]
        group = found.setdefault(codename, Group(_("By an exception"), acts))
        note = _("until %(until)s, %(reason)s") % {"until": f"{entry.until:%Y-%m-%d}", "reason": entry.reason}
        group.people.append((entry.user_id, entry.user.name, note))
    return list(found.values())
