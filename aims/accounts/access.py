"""Why somebody may do something: the answer in words, from the same code that gives the answer.

Each authentication backend that grants has, beside `has_perm`, a method `grounds` that says why, for several
permissions at once; `grounds` here asks them all, as Django's `has_perm` does.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_backends
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM, Role


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why somebody may do something."""

    kind: str
    """role, team, substitute or exception."""
    words: str
    until: dt.date | None = None
    """The last day of a reason that ends by itself."""


def grounds(user: User, permissions: Iterable[str], obj: Any = None) -> dict[str, list[Ground]]:
    """Permission -> every reason why the person has it on the object; none means that they have it not.

    There is one exactly where `user.has_perm(permission, obj)` says yes.
    """
    found: dict[str, list[Ground]] = {permission: [] for permission in permissions}
    for backend in get_backends():
        if user.is_active and hasattr(backend, "grounds"):
            for permission, reasons in backend.grounds(user, list(found), obj).items():
                found[permission] += reasons
    return found


def of_role(user: User, role: Role, obj: Any = None) -> Iterable[Ground]:
    """By what right somebody has the role: their own, a team's, somebody's whom they stand in for."""
    if role in SCOPED_TO_TEAM:
        team = getattr(obj, "team", None)
        if team is not None:
            yield Ground("team", _("Member of %(team)s, the owner") % {"team": team})
        else:
            yield Ground("team", _("%(role)s of what their teams own") % {"role": role.label})
    elif role in user.granted_roles:
        yield Ground("role", _("%(role)s, a role that reaches everything") % {"role": role.label})
    if role in user.substitutions:
        entry = user.substitutions[role]
        yield Ground(
            "substitute",
            _("Stands in for %(holder)s as %(role)s") % {"holder": entry.holder, "role": role.label},
            entry.ends,
        )


def why_not(user: User, permission: str) -> str:
    """What stands in the way of somebody who has not the permission, and what would give it."""
    if not user.is_active:
        return _("The account is deactivated. Nothing that it held counts.")
    giving = [role for role in Role if permission in PERMISSIONS[role]]
    wide = [str(role.label) for role in giving if role not in SCOPED_TO_TEAM]
    parts = [_("None of their roles, teams and exceptions gives it.")]
    if wide:
        parts.append(_("These roles would: %(roles)s.") % {"roles": ", ".join(wide)})
    if SCOPED_TO_TEAM.intersection(giving):
        parts.append(_("So would being in the team that owns it."))
    return " ".join(parts)
