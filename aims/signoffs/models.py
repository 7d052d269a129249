"""Who signed which digest in which role. Rows are only ever added (guarded by the database)."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aims.accounts.roles import SIGNING, Role


class Decision(models.TextChoices):
    APPROVE = "approve", _("Approved")
    CHANGES = "changes", _("Changes requested")
    REJECT = "reject", _("Rejected")
    WITHDRAW = "withdraw", _("Signature withdrawn")


class SignOffQuerySet(models.QuerySet["SignOff"]):
    def about(self, kind: str, ids: Any) -> "SignOffQuerySet":
        """Everything decided about these subjects, oldest first."""
        return self.filter(subject_kind=kind, subject_id__in=ids).order_by("pk")


class SignOff(models.Model):
    """One person's decision in one role, bound to the digest of exactly what was shown."""

    subject_kind = models.CharField(_("kind"), max_length=20)
    subject_id = models.BigIntegerField()
    subject_title = models.CharField(_("subject"), max_length=250)
    role = models.CharField(
        _("role"), max_length=20, choices=[(role.value, role.label) for role in Role if role in SIGNING]
    )
    decision = models.CharField(_("decision"), max_length=10, choices=Decision)
    meaning = models.TextField(_("meaning"), help_text=_("What the signature says, as shown to the signer."))
    reason = models.TextField(_("reason"))
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="signoffs", verbose_name=_("signer")
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="signoffs_by_substitutes",
        null=True,
        verbose_name=_("on behalf of"),
    )
    signed_at = models.DateTimeField(_("signed at"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    signed_bytes = models.TextField(
        _("what was signed"), help_text=_("Canonical JSON (RFC 8785), the input of the digest.")
    )
    policy_revision = models.CharField(_("policy revision"), max_length=64)
    withdraws = models.OneToOneField(
        "self", models.PROTECT, related_name="withdrawn_by", null=True, verbose_name=_("withdraws")
    )

    objects = SignOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject_kind", "subject_id", "role"], name="signoff_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision=Decision.WITHDRAW, withdraws__isnull=False)
                | (~Q(decision=Decision.WITHDRAW) & Q(withdraws__isnull=True)),
                name="signoff_withdrawal_names_what",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="signoff_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.get_decision_display()} – {self.subject_title}"

    def get_absolute_url(self) -> str:
        return reverse("signoffs:certificate", args=[self.pk])

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.signed_bytes)
        return document
