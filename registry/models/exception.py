"""Exceptions to who sees which system."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from aims.ledger.history import History


class SystemExceptionQuerySet(models.QuerySet["SystemException"]):
    def in_force(self, on: dt.date) -> "SystemExceptionQuerySet":
        """Exceptions that hold on the day. guardian's rows have no end; this is where ours is asked."""
        return self.filter(until__gte=on)


class SystemException(UserObjectPermissionBase):  # type: ignore[misc]  # guardian is untyped
    """A permission on one system for one person until a day, beyond what roles and teams give."""

    content_object = models.ForeignKey(
        "registry.AISystem", models.CASCADE, related_name="exceptions", verbose_name=_("AI system")
    )
    until = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=300)

    history = History()
    objects = SystemExceptionQuerySet.as_manager()  # type: ignore[assignment, misc]

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="exception_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.permission.codename} on {self.content_object} until {self.until}"
