"""Logging in, which allauth does, and Django's permission questions, answered from the table in `roles`."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from aims.accounts.models import User
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    """Grants what a person's roles grant, and nothing else: no superuser, no permissions by person or group.

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

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return set()
        every = {permission for role in user_obj.roles for permission in PERMISSIONS[role]}
        return {permission for permission in every if self.has_perm(user_obj, permission, obj)}

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return any(perm.startswith(f"{app_label}.") for role in user_obj.roles for perm in PERMISSIONS[role])
