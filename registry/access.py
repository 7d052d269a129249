"""Exceptions: what a person may do with one system beyond roles and teams, until a day."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import F
from django.utils import timezone

from aims.accounts import rights
from aims.accounts.models import User
from registry.models import AISystem, SystemException


class ExceptionBackend(BaseBackend):
    """Grants what an exception in force grants, on an AI system or on what belongs to one.

    guardian's own backend would go on granting after the last day, so this one asks the rows itself.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        system = obj if isinstance(obj, AISystem) else getattr(obj, "system", None)
        if not isinstance(user_obj, User) or not user_obj.is_active or not isinstance(system, AISystem):
            return False
        app, _, codename = perm.partition(".")
        # Who sees a system sees its assessments; who may change it may assess it.
        if app == "assessments":
            codename = codename.partition("_")[0].replace("add", "change") + "_aisystem"
        return (codename, system.pk) in user_obj.rights.get(EXCEPTION, ())


EXCEPTION = "exception"


def exceptions_held(user: User) -> Any:
    """What exceptions in force open to the person, for `rights`: the permission and the id of the system."""
    found = SystemException.objects.in_force(timezone.localdate()).filter(user=user)
    return rights.rows(found, EXCEPTION, F("permission__codename"), F("content_object_id"))
