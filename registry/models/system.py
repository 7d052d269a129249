"""AI systems: one row is one record."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import Team, TeamMembership, User
from aims.ledger.history import History
from registry.choices import DataSensitivity, Environment, EuAiActTier, RiskTier, Stage
from registry.models.exception import SystemException


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

    def without_owner(self) -> "AISystemQuerySet":
        """Systems of a team that is switched off, or in which nobody active is left."""
        active = TeamMembership.objects.filter(team=OuterRef("pk"), user__is_active=True)
        return self.filter(team__in=Team.objects.filter(Q(is_active=False) | ~Exists(active)).order_by())

    def with_risk_rank(self) -> "AISystemQuerySet":
        """Annotated with `risk_rank`: 0 for the lowest tier up to 3 for critical, to sort by."""
        return self.annotate(risk_rank=risk_rank())

    def search(self, words: str) -> "AISystemQuerySet":
        """Systems in which every word occurs: in name, id, purpose, model, provider or team."""
        return self.filter(has_words(words))


def risk_rank() -> Case:
    """What systems, or rows of their history, are sorted by for their risk."""
    ranks = [When(risk_tier=tier, then=Value(rank)) for rank, tier in enumerate(RiskTier.values)]
    return Case(*ranks, output_field=models.SmallIntegerField())


def has_words(words: str) -> Q:
    """Systems, or rows of their history, in which every word occurs."""
    found = Q()
    for word in words.split():
        found &= (
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

    history = History()
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
            # Read by itself for the numbers of the overview: the rows are wide.
            models.Index(
                fields=["stage", "risk_tier", "eu_ai_act_tier", "data_sensitivity"], name="aisystem_by_tiers"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("registry:system", args=[self.slug])

    @property
    def listed_out_of_compliance(self) -> bool:
        """For lists: whether the last snapshot says so of a system that serves people."""
        return self.stage in (Stage.PRODUCTION, Stage.CANARY) and self.snapshot.verdict != "allow"
