"""Impact assessments: one row is one version."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.ledger.history import History
from assessments.schema import Content
from assessments.states import EDITABLE, FROZEN, OPEN, State
from assessments.taxonomy import taxonomy
from registry.models import AISystem


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: User) -> AssessmentQuerySet:
        """Assessments of the systems that the person may see."""
        if user.may_everywhere("assessments.view_assessment"):
            return self
        return self.filter(system__in=AISystem.objects.visible_to(user).values("pk"))

    def newest(self) -> AssessmentQuerySet:
        """Of each system, its newest version."""
        newer = Assessment.objects.filter(system=OuterRef("system"), version__gt=OuterRef("version"))
        return self.filter(~Exists(newer))

    def current(self) -> AssessmentQuerySet:
        """Of each system, the newest approved version: the one that counts."""
        newer = Assessment.objects.filter(
            system=OuterRef("system"), state=State.APPROVED, version__gt=OuterRef("version")
        )
        return self.filter(~Exists(newer), state=State.APPROVED)

    def open(self) -> AssessmentQuerySet:
        """Versions that are being written or wait for a decision."""
        return self.filter(state__in=OPEN)

    def editable(self) -> AssessmentQuerySet:
        """Versions that somebody has to write on: drafts, and those sent back for changes."""
        return self.filter(state__in=EDITABLE)

    def awaiting(self, role: Role) -> AssessmentQuerySet:
        """Submitted versions that the role has to decide about; for the owner, those still to be written."""
        if role is Role.OWNER:
            return self.editable()
        return self.filter(state=State.SUBMITTED, open_roles__contains=f"|{role.value}|")

    def search(self, words: str) -> AssessmentQuerySet:
        """Assessments in which every word occurs: in the reference, the system's name or id, or its team."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(ref__icontains=word)
                | Q(system__name__icontains=word)
                | Q(system__slug__icontains=word)
                | Q(system__team__name__icontains=word)
            )
        return found


class Assessment(models.Model):
    """One version of a system's impact assessment. Approved and declined ones are frozen, by a guard too."""

    system = models.ForeignKey(
        AISystem, models.PROTECT, related_name="assessments", verbose_name=_("AI system")
    )
    ref = models.CharField(_("reference"), max_length=20, help_text=_("The same for all versions."))
    version = models.PositiveIntegerField(_("version"), default=1)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    content = models.JSONField(_("content"), help_text=_("As in assessments.schema.Content."))
    decision = models.CharField(
        _("decision"),
        max_length=10,
        blank=True,
        choices=[(entry.key, entry.title) for entry in taxonomy().decisions.values()],
        help_text=_("Follows from the content."),
    )
    residual = models.CharField(
        _("residual risk"), max_length=10, default="low", help_text=_("The worst band that remains.")
    )
    record = models.JSONField(
        _("record"), null=True, blank=True, help_text=_("The system's record at the time of submission.")
    )
    sha256 = models.CharField(
        _("SHA-256"), max_length=64, blank=True, help_text=_("Of what was approved, as canonical JSON.")
    )
    open_roles = models.CharField(
        max_length=100,
        blank=True,
        editable=False,
        help_text=_("Who has yet to approve: |dpo|security|, for lists."),
    )

    revision = models.PositiveIntegerField(_("revision"), default=1)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("edited by")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("begun by")
    )
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    approved_at = models.DateTimeField(_("approved"), null=True)

    history = History(excluded_fields=["open_roles"])
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact assessment")
        verbose_name_plural = _("impact assessments")
        ordering = ["-updated_at", "-pk"]
        indexes = [
            models.Index(fields=["system", "state", "version"], name="assessment_current"),
            models.Index(fields=["state", "-updated_at"], name="assessment_by_state"),
            # The list, newest first: sorting all of them would read all their contents.
            models.Index(fields=["-updated_at", "id"], name="assessment_by_change"),
            models.Index(fields=["state", "open_roles", "submitted_at"], name="assessment_awaited"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ref", "version"], name="assessment_version_once"),
            models.UniqueConstraint(fields=["system", "version"], name="assessment_one_line_of_versions"),
            models.UniqueConstraint(
                fields=["system"], condition=Q(state__in=sorted(OPEN)), name="assessment_one_open"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="assessment_state_known"),
            models.CheckConstraint(
                condition=Q(version__gte=1, revision__gte=1), name="assessment_counts_from_one"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(EDITABLE))
                | Q(record__isnull=False, submitted_by__isnull=False, submitted_at__isnull=False),
                name="assessment_submitted_with_record",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.APPROVED) | (~Q(sha256="") & Q(approved_at__isnull=False)),
                name="assessment_approved_with_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref}, {_('version')} {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:assessment", args=[self.ref])

    @property
    def team_id(self) -> int:
        """Whose it is: rights of a model owner reach the assessments of their teams' systems."""
        return self.system.team_id

    @property
    def parsed(self) -> Content:
        return Content.of(self.content)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def is_frozen(self) -> bool:
        return self.state in FROZEN

    def superseded_by(self) -> Assessment | None:
        """The newer approved version that took this one's place, if there is one."""
        return Assessment.objects.current().filter(system=self.system_id, version__gt=self.version).first()

    def content_at(self, revision: int) -> dict[str, Any] | None:
        """The content as it was in an earlier revision; None if there was none of this number."""
        if revision == self.revision:
            return self.content
        row = Assessment.history.filter(id=self.pk, revision=revision).order_by("-history_id").first()
        return row.content if row else None


class ReferenceYear(models.Model):
    """The last number given in a year. Locked while one is given, so that numbers have no gaps."""

    year = models.PositiveIntegerField(_("year"), primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("reference year")
        verbose_name_plural = _("reference years")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
