"""Imports: what was uploaded, and what came of it."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportBatch(models.Model):
    """Files that somebody uploaded, kept so that what the preview showed is what gets imported."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    files = models.JSONField(help_text="As `imports.read_upload` keeps them")
    applied_at = models.DateTimeField(null=True)
    outcome = models.JSONField(null=True, help_text="What the import did, per file, once applied")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Import {self.pk} by {self.by}"

    def get_absolute_url(self) -> str:
        return reverse("registry:import", args=[self.pk])
