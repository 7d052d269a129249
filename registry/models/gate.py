"""What the gate answered: decisions, kept for ever, and the answer of today in short."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.choices import Stage
from registry.models.system import AISystem


class GateDecision(models.Model):
    """What the gate answered when somebody asked to enter a guarded stage. Append-only."""

    system = models.ForeignKey(
        AISystem, models.PROTECT, related_name="gate_decisions", verbose_name=_("AI system")
    )
    transition = models.CharField(_("transition"), max_length=20)
    source = models.CharField(_("from"), max_length=20, choices=Stage)
    target = models.CharField(_("to"), max_length=20, choices=Stage)
    verdict = models.CharField(
        _("verdict"),
        max_length=5,
        choices=[("allow", _("Allowed")), ("deny", _("Refused")), ("error", _("Error: counts as refused"))],
    )
    answer = models.JSONField(
        _("answer"), help_text=_("Denials, signatures and errors as the gate listed them.")
    )
    record = models.JSONField(_("record"), help_text=_("What was judged, with the facts."))
    policy_revision = models.CharField(_("policy revision"), max_length=64)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="gate_decisions", verbose_name=_("asked by")
    )
    reason = models.TextField(_("reason"), blank=True)
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)

    class Meta:
        verbose_name = _("gate decision")
        verbose_name_plural = _("gate decisions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["allow", "deny", "error"]), name="gatedecision_verdict"
            )
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.get_target_display()} – {self.get_verdict_display()}"


class GateSnapshot(models.Model):
    """The gate's answer about a system in short, as last worked out: what lists and counts read.

    A projection, never a source: whoever decides or shows one system asks the gate itself. `snapshots`
    keeps it true, and works out again what has been overtaken.
    """

    system = models.OneToOneField(
        AISystem, models.CASCADE, primary_key=True, related_name="snapshot", verbose_name=_("AI system")
    )
    verdict = models.CharField(max_length=5)
    blockers = models.PositiveSmallIntegerField()
    awaited_roles = models.CharField(
        max_length=100, blank=True, help_text="Roles whose signature the system waits for: |dpo|cto|"
    )
    review_due = models.DateField(
        null=True, db_index=True, help_text="When the next review is due; none before the first assessment"
    )
    residual = models.CharField(
        max_length=10, blank=True, help_text="The worst band that the approved assessment leaves"
    )
    policy_revision = models.CharField(max_length=64, db_index=True)
    holds_until = models.DateField(
        null=True, db_index=True, help_text="The last day on which time alone changes nothing"
    )
    judged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("snapshot of the gate")
        verbose_name_plural = _("snapshots of the gate")
        indexes = [
            # Beside the rows of systems, all that the numbers of the overview read.
            models.Index(fields=["system", "verdict", "review_due", "residual"], name="snapshot_by_system")
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.verdict}"


class Blocker(models.Model):
    """One thing that stands between a system and production: a rule that speaks, or a signature that is open.

    What the snapshot counts, one by one, and a projection like it. A retired system has none: nobody is
    asked for anything any more.
    """

    system = models.ForeignKey(
        AISystem, models.CASCADE, related_name="blocked_by", verbose_name=_("AI system")
    )
    cause = models.CharField(
        max_length=100, help_text="Id of a policy rule; signature:<role>; error if the gate cannot decide"
    )
    state = models.CharField(
        max_length=10, blank=True, help_text="Of a signature: missing, stale, changes or reject"
    )
    awaited = models.BooleanField(
        default=False, help_text="Whether the role of a signature has to see to it now"
    )
    since = models.DateTimeField(help_text="Since when it blocks; of a signature: since when it waits so")

    class Meta:
        verbose_name = _("blocker")
        verbose_name_plural = _("blockers")
        ordering = ["since", "pk"]
        constraints = [models.UniqueConstraint(fields=["system", "cause"], name="blocker_once")]
        indexes = [
            # What blocks most and what waits longest are read from the index alone.
            models.Index(fields=["cause", "awaited", "state", "since", "system"], name="blocker_by_cause")
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.cause}"
