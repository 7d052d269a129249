"""Django's permission questions, answered from the table in `roles`."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from aims.accounts.models import User
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM


class RoleBackend(BaseBackend):
    """Grants what a person's roles grant. Authenticates nobody: allauth does.

    With an object, a role that is scoped to a team counts only where the object has that team: an
    object says so by its `team_id`. An object without one is not owned, so a scoped role gives nothing.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        roles = user_obj.roles_with(perm)
        if obj is None:
            return bool(roles)
        if roles - SCOPED_TO_TEAM:
            return True
        return bool(roles) and getattr(obj, "team_id", None) in user_obj.team_ids

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return any(perm.startswith(f"{app_label}.") for role in user_obj.roles for perm in PERMISSIONS[role])
