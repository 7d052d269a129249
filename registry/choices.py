"""The words of the record, with the labels that people read (design page, section 3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Environment(models.TextChoices):
    DEVELOPMENT = "development", _("Development")
    STAGING = "staging", _("Staging")
    PRODUCTION = "production", _("Production")


class DataSensitivity(models.TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    PII = "pii", _("Personal data")
    SPECIAL_CATEGORY = "special_category", _("Special category of personal data")


class RiskTier(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class EuAiActTier(models.TextChoices):
    OUT_OF_SCOPE = "out_of_scope", _("Out of scope")
    MINIMAL = "minimal", _("Minimal risk")
    LIMITED = "limited", _("Limited risk")
    HIGH = "high", _("High risk")
    PROHIBITED = "prohibited", _("Prohibited")


class Stage(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ASSESSMENT = "assessment", _("Assessment")
    APPROVED = "approved", _("Approved")
    CANARY = "canary", _("Canary")
    PRODUCTION = "production", _("Production")
    SUSPENDED = "suspended", _("Suspended")
    RETIRED = "retired", _("Retired")
