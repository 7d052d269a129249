"""The registry: AI systems, the gate's answers about them, and exceptions to who sees them."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from aims.accounts.models import Team, User
from registry.choices import DataSensitivity, Environment, EuAiActTier, RiskTier, Stage


class AISystemQuerySet(models.QuerySet["AISystem"]):
    def visible_to(self, user: User) -> "AISystemQuerySet":
        """Systems that the person may see: by role, by team, or by an exception in force."""
        permission = "registry.view_aisystem"
        if not user.is_active:
            return self.none()
        if user.may_everywhere(permission):
            return self
        exceptions = SystemException.objects.in_force(timezone.localdate()).filter(
            user=user, permission__codename="view_aisystem"
        )
        return self.filter(Q(team__in=user.team_ids) | Q(pk__in=exceptions.values("content_object")))

    def out_of_compliance(self) -> "AISystemQuerySet":
        """Systems that serve people and that the gate, asked today, would not let in."""
        return self.filter(stage__in=[Stage.PRODUCTION, Stage.CANARY]).exclude(snapshot__verdict="allow")

    def with_risk_rank(self) -> "AISystemQuerySet":
        """Annotated with `risk_rank`: 0 for the lowest tier up to 3 for critical, to sort by."""
        ranks = [When(risk_tier=tier, then=Value(rank)) for rank, tier in enumerate(RiskTier.values)]
        return self.annotate(risk_rank=Case(*ranks, output_field=models.SmallIntegerField()))

    def search(self, words: str) -> "AISystemQuerySet":
        """Systems in which every word occurs: in name, id, purpose, model, provider or team."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(slug__icontains=word)
                | Q(purpose__icontains=word)
                | Q(base_model__icontains=word)
                | Q(provider__icontains=word)
                | Q(team__slug__icontains=word)
                | Q(team__name__icontains=word)
            )
        return found


class AISystem(models.Model):
    """One AI system. Its record (`registry.schema`) is these columns; lists stand as JSON, so that one
    row, and so one row of history, is the whole record at one moment."""

    slug = models.SlugField(_("id"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    team = models.ForeignKey(Team, models.PROTECT, related_name="systems", verbose_name=_("owner"))
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    in_scope = models.BooleanField(_("in scope of the AI management system"), default=True)

    environment = models.CharField(
        _("environment"), max_length=20, choices=Environment, default=Environment.DEVELOPMENT
    )
    regions = models.JSONField(_("regions"), default=list, blank=True)
    endpoint = models.CharField(_("endpoint"), max_length=500, blank=True)

    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    data_sensitivity = models.CharField(
        _("data sensitivity"), max_length=20, choices=DataSensitivity, blank=True
    )
    risk_tier = models.CharField(_("risk tier"), max_length=20, choices=RiskTier, blank=True)
    eu_ai_act_tier = models.CharField(_("EU AI Act tier"), max_length=20, choices=EuAiActTier, blank=True)
    affected_parties = models.JSONField(_("affected parties"), default=list, blank=True)

    model_type = models.CharField(_("type of model"), max_length=100, blank=True)
    base_model = models.CharField(_("base model"), max_length=200, blank=True)
    provider = models.CharField(_("provider"), max_length=200, blank=True)
    version_pinned = models.BooleanField(_("version pinned"), default=False)
    weights_location = models.CharField(_("location of the weights"), max_length=500, blank=True)

    training_sources = models.JSONField(_("training data"), default=list, blank=True)
    rag_sources = models.JSONField(_("retrieval sources"), default=list, blank=True)
    logs = models.JSONField(_("logs"), default=dict, blank=True)

    review_interval_days = models.PositiveIntegerField(_("review interval, days"), default=365)
    decommission_date = models.DateField(_("decommission date"), null=True, blank=True)

    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.DRAFT, editable=False)
    stage_decision = models.OneToOneField(
        "GateDecision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="entered",
        help_text=_("The answer of the gate by which the present stage was entered, or the last gated one."),
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False
    )
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True, blank=True))
    objects = AISystemQuerySet.as_manager()

    class Meta:
        verbose_name = _("AI system")
        verbose_name_plural = _("AI systems")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="aisystem_stage_known"),
            models.CheckConstraint(
                condition=Q(environment__in=Environment.values), name="aisystem_environment_known"
            ),
            models.CheckConstraint(
                condition=Q(data_sensitivity__in=["", *DataSensitivity.values]),
                name="aisystem_sensitivity_known",
            ),
            models.CheckConstraint(
                condition=Q(risk_tier__in=["", *RiskTier.values]), name="aisystem_risk_known"
            ),
            models.CheckConstraint(
                condition=Q(eu_ai_act_tier__in=["", *EuAiActTier.values]), name="aisystem_ai_act_known"
            ),
            models.CheckConstraint(condition=Q(review_interval_days__gte=1), name="aisystem_review_interval"),
            models.CheckConstraint(
                condition=~Q(stage=Stage.PRODUCTION) | Q(stage_decision__isnull=False),
                name="aisystem_production_by_decision",
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="aisystem_by_name"),
            models.Index(fields=["-updated_at", "id"], name="aisystem_by_change"),
            models.Index(fields=["stage", "name"], name="aisystem_by_stage"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("registry:system", args=[self.slug])

    @property
    def listed_out_of_compliance(self) -> bool:
        """For lists: whether the last snapshot says so of a system that serves people."""
        return self.stage in (Stage.PRODUCTION, Stage.CANARY) and self.snapshot.verdict != "allow"


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
    policy_revision = models.CharField(max_length=64, db_index=True)
    holds_until = models.DateField(
        null=True, db_index=True, help_text="The last day on which time alone changes nothing"
    )
    judged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("snapshot of the gate")
        verbose_name_plural = _("snapshots of the gate")

    def __str__(self) -> str:
        return f"{self.system_id}: {self.verdict}"


class SystemExceptionQuerySet(models.QuerySet["SystemException"]):
    def in_force(self, on: dt.date) -> "SystemExceptionQuerySet":
        """Exceptions that hold on the day. guardian's rows have no end; this is where ours is asked."""
        return self.filter(until__gte=on)


class SystemException(UserObjectPermissionBase):  # type: ignore[misc]  # guardian is untyped
    """A permission on one system for one person until a day, beyond what roles and teams give."""

    content_object = models.ForeignKey(
        AISystem, models.CASCADE, related_name="exceptions", verbose_name=_("AI system")
    )
    until = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=300)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True, blank=True))
    objects = SystemExceptionQuerySet.as_manager()  # type: ignore[assignment, misc]

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="exception_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.permission.codename} on {self.content_object} until {self.until}"


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
