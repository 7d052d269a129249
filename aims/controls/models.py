"""The catalogue of ISO/IEC 42001: controls of Annex A and clauses. Loaded from files, edited by nobody."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Automatable(models.TextChoices):
    """How far data alone can show that a control works."""

    FULL = "full", _("Data alone can show it")
    PARTIAL = "partial", _("Data and a person's judgement")
    MANUAL = "manual", _("A person has to state it")


class ControlQuerySet(models.QuerySet["Control"]):
    def search(self, words: str) -> "ControlQuerySet":
        """Controls in which every word occurs: where the number begins, in title, summary or evidence."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(ref__istartswith=word)
                | Q(title__icontains=word)
                | Q(area_title__icontains=word)
                | Q(summary__icontains=word)
                | Q(evidence_examples__icontains=word)
            )
        return found


class Control(models.Model):
    """One control of ISO/IEC 42001:2023, Annex A. Titles are the standard's, all other words our own."""

    ref = models.CharField(_("number"), max_length=10, unique=True)
    position = models.PositiveSmallIntegerField(_("position"))
    title = models.CharField(_("title"), max_length=200)
    area = models.CharField(_("area"), max_length=10)
    area_title = models.CharField(_("title of the area"), max_length=200)
    objective = models.TextField(_("objective of the area"))
    group_title = models.CharField(_("group within the area"), max_length=200, blank=True)
    summary = models.TextField(_("what has to be shown"))
    evidence_examples = models.JSONField(_("examples of evidence"), default=list)
    automatable = models.CharField(_("how it can be shown"), max_length=10, choices=Automatable)
    automation_hint = models.TextField(_("what a check looks at"))
    crosswalk = models.JSONField(
        _("related references"),
        default=list,
        blank=True,
        help_text=_("Entries of other standards and laws: standard, ref, title, strength, why."),
    )
    standard = models.CharField(_("standard"), max_length=40)
    checked_on = models.DateField(_("catalogue checked on"))

    objects = ControlQuerySet.as_manager()

    class Meta:
        verbose_name = _("control")
        verbose_name_plural = _("controls")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(automatable__in=Automatable.values), name="control_automatable_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("controls:control", args=[self.ref])


class Clause(models.Model):
    """A clause of ISO/IEC 42001:2023, 4 to 10, with the controls that help to meet it."""

    ref = models.CharField(_("number"), max_length=10, unique=True)
    position = models.PositiveSmallIntegerField(_("position"))
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="parts", null=True, blank=True, verbose_name=_("part of clause")
    )
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("what has to be shown"))
    documented_information = models.TextField(
        _("documented information"),
        blank=True,
        help_text=_("What the clause wants in writing; empty if nothing."),
    )
    controls = models.ManyToManyField(Control, related_name="clauses", verbose_name=_("related controls"))
    standard = models.CharField(_("standard"), max_length=40)
    checked_on = models.DateField(_("catalogue checked on"))

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
