"""Imports: what was uploaded, row by row, what would come of it, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportBatch(models.Model):
    """What somebody uploaded at once: many YAML files, or one spreadsheet. It is imported as a whole."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=255, help_text="Of the file, or how many there are")
    headers = models.JSONField(null=True, help_text="Of a spreadsheet; null for YAML files")
    sheet = models.CharField(max_length=100, blank=True, help_text="The sheet of the workbook")
    mapping = models.JSONField(null=True, help_text="How the columns are read: `mapping.Mapping.as_dict`")
    asked = models.JSONField(null=True, help_text="What its values leave open, and samples of them")
    notes = models.JSONField(default=list, help_text="What the person should know of how it was read")
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Of the preview; empty until there is one"
    )
    applied_at = models.DateTimeField(null=True)
    left_out = models.BooleanField(default=False, help_text="Whether refused rows were knowingly left out")
    reason = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True)
    undo_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | (Q(applied_at__isnull=False) & ~Q(undo_reason="")),
                name="importbatch_undone_with_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"Import {self.pk} by {self.by}"

    def get_absolute_url(self) -> str:
        return reverse("registry:import", args=[self.pk])


class ImportRow(models.Model):
    """One record of an import: a row of the sheet or a file, and what would become, or became, of it."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Refused")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="Row of the sheet, or place among the files")
    source = models.CharField(max_length=300, help_text="systems.xlsx, row 17; or the name of the file")
    raw = models.JSONField(help_text="Text of the YAML file, or the cells of the row; null for no text")
    status = models.CharField(max_length=10, choices=Status, blank=True)
    slug = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)
    owner = models.CharField(max_length=64, blank=True)
    problems = models.JSONField(default=list, help_text="[line, column, message]")
    changes = models.JSONField(default=list, help_text="Of a changed system, field by field")
    claims = models.JSONField(default=list, help_text="What the file says and the portal cannot confirm")
    needs_reason = models.BooleanField(default=False)
    new_team = models.BooleanField(default=False, help_text="Whether the owner is not known yet")
    document = models.JSONField(null=True, help_text="The record as it would be written")
    before = models.JSONField(null=True, help_text="The record of the system as it was when looked at")
    # A plain number, since an import that is undone removes what it registered.
    system_pk = models.BigIntegerField(null=True)
    revision = models.PositiveIntegerField(null=True, help_text="Of the system, when looked at")

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="importrow_once"),
            models.CheckConstraint(
                condition=Q(status__in=["", "new", "changed", "unchanged", "refused"]),
                name="importrow_status_known",
            ),
        ]
        indexes = [models.Index(fields=["batch", "status", "number"], name="importrow_by_status")]

    def __str__(self) -> str:
        return self.source


class ColumnMapping(models.Model):
    """How the columns of a spreadsheet were read last, offered again for a sheet with the same headers."""

    key = models.CharField(max_length=64, unique=True, help_text="Digest of the headers")
    mapping = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")

    def __str__(self) -> str:
        return f"{self.key[:12]} by {self.saved_by}"
