"""Logging in, which allauth does, and Django's permission questions, answered from the table in `roles`."""

from collections.abc import Iterable
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from aims.accounts.access import Ground, of_role
from aims.accounts.models import User
from aims.accounts.roles import PERMISSIONS, Role


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    """Grants what a person's roles grant, and nothing else: no superuser, no permissions by person or group.

    What counts on which object is said by `User.roles_allowing`.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        return bool(user_obj.roles_allowing(perm, obj))

    def grounds(self, user_obj: User, perms: Iterable[str], obj: Any = None) -> dict[str, list[Ground]]:
        """Why `has_perm` says yes of an active person; nothing where it says no."""
        return {
            perm: [
                ground
                for role in sorted(user_obj.roles_allowing(perm, obj), key=list(Role).index)
                for ground in of_role(user_obj, role, obj)
            ]
            for perm in perms
        }

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
