"""Exceptions: what a person may do with one system beyond roles and teams, until a day."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts import rights, services
from aims.accounts.access import Ground
from aims.accounts.models import User
from aims.ledger import trail
from registry.models import AISystem, SystemException


class ExceptionBackend(BaseBackend):
    """Grants what an exception in force grants, on an AI system or on what belongs to one.

    guardian's own backend would go on granting after the last day, so this one asks the rows itself.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        system = _system_of(obj)
        if not isinstance(user_obj, User) or not user_obj.is_active or system is None:
            return False
        return (needed_codename(perm), system.pk) in user_obj.rights.get(EXCEPTION, ())

    def grounds(self, user_obj: User, perms: Iterable[str], obj: Any = None) -> dict[str, list[Ground]]:
        """Why `has_perm` says yes of an active person; nothing where it says no. One query where it does."""
        system = _system_of(obj)
        if system is None:
            return {}
        held = {codename for codename, pk in user_obj.rights.get(EXCEPTION, ()) if pk == system.pk}
        if not held:
            return {}
        entries = list(with_granter(in_force(system).filter(user=user_obj, permission__codename__in=held)))
        return {
            perm: [_ground(entry) for entry in entries if entry.permission.codename == needed_codename(perm)]
            for perm in perms
        }


EXCEPTION = "exception"


def exceptions_held(person: uuid.UUID, day: dt.date) -> Any:
    """What exceptions in force open to the person, for `rights`: the permission and the id of the system."""
    found = SystemException.objects.in_force(day).filter(user=person)
    return rights.rows(found, EXCEPTION, F("permission__codename"), F("content_object_id"))


def _system_of(obj: Any) -> AISystem | None:
    system = obj if isinstance(obj, AISystem) else getattr(obj, "system", None)
    return system if isinstance(system, AISystem) else None


def needed_codename(perm: str) -> str:
    """What an exception has to grant to give the permission.

    Who sees a system sees its assessments; who may change it may assess it.
    """
    app, _dot, codename = perm.partition(".")
    if app == "assessments":
        return codename.partition("_")[0].replace("add", "change") + "_aisystem"
    return codename


def in_force(system: AISystem) -> Any:
    return SystemException.objects.in_force(timezone.localdate()).filter(content_object=system)


def with_granter(exceptions: Any) -> Any:
    """With what they permit and, as `granter`, the name of whoever made them."""
    first = SystemException.history.filter(id=OuterRef("pk"), history_type="+").order_by("history_id")
    return exceptions.select_related("permission").annotate(
        granter=Subquery(first.values("history_user__name")[:1])
    )


def _ground(entry: Any) -> Ground:
    words = _("An exception: %(reason)s") if not entry.granter else _("An exception by %(by)s: %(reason)s")
    return Ground("exception", words % {"reason": entry.reason, "by": entry.granter}, entry.until)


@transaction.atomic
def exceptions_end(person: User, *, by: User, reason: str) -> int:
    """End every exception of a person that is in force, as of yesterday; returns how many. Their rows stay.

    Raises PermissionDenied.
    """
    services.demand(by, "registry.change_systemexception")
    today = timezone.localdate()
    entries = list(SystemException.objects.in_force(today).filter(user=person))
    for entry in entries:
        entry.until = today - dt.timedelta(days=1)
        trail.save(entry, by=by, reason=reason)
    return len(entries)
