"""What people confirm about the gap checklist, and how the score went."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ItemConfirmationQuerySet(models.QuerySet["ItemConfirmation"]):
    def newest(self) -> dict[str, "ItemConfirmation"]:
        """Key of an item -> what was confirmed of it last, by the day of the check. One query."""
        return {row.item: row for row in self.select_related("by").order_by("on", "pk")}


class ItemConfirmation(models.Model):
    """What the compliance lead found, on a day, about an item that nothing measures. Append-only.

    The newest one of an item speaks for it, until its last day.
    """

    item = models.SlugField(_("item"), max_length=64)
    on = models.DateField(_("checked on"))
    until = models.DateField(_("last day"))
    in_place = models.BooleanField(_("in place"))
    note = models.TextField(_("what was checked, and where that is kept"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="item_confirmations", verbose_name=_("by")
    )
    at = models.DateTimeField(_("written"), default=timezone.now)

    objects = ItemConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("confirmation of the checklist")
        verbose_name_plural = _("confirmations of the checklist")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(note=""), name="itemconfirmation_has_a_note"),
            models.CheckConstraint(condition=Q(until__gte=F("on")), name="itemconfirmation_ends_later"),
        ]
        indexes = [models.Index(fields=["item", "-on"], name="itemconfirmation_newest")]

    def __str__(self) -> str:
        return f"{self.item}, {self.on}"

    def holds(self, on: dt.date) -> bool:
        """Whether it shows on that day that the item is in place."""
        return self.in_place and self.on <= on <= self.until


class GapScore(models.Model):
    """The score of one day: the last run of the day counts. A projection of the facts, never a source."""

    on = models.DateField(_("day"), unique=True)
    at = models.DateTimeField(_("scored"), default=timezone.now)
    score = models.PositiveSmallIntegerField(_("score"))
    items = models.JSONField(_("items"), help_text=_("As `gap score --json` prints them, long lists cut."))

    class Meta:
        verbose_name = _("gap score")
        verbose_name_plural = _("gap scores")
        ordering = ["-on"]

    def __str__(self) -> str:
        return f"{self.on}: {self.score}"
