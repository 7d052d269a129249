"""The list of systems as a table for spreadsheets: the columns beside those that the page has room for."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.tables.export import Column
from registry.choices import DataSensitivity, Environment, EuAiActTier, RiskTier, Stage
from registry.models import AISystem

_WORDS: dict[str, dict[str, Any]] = {
    "stage": dict(Stage.choices),
    "environment": dict(Environment.choices),
    "data_sensitivity": dict(DataSensitivity.choices),
    "risk_tier": dict(RiskTier.choices),
    "eu_ai_act_tier": dict(EuAiActTier.choices),
}
"""Column -> its words; Django would work them out anew for every `get_…_display`."""


def _word(system: AISystem, column: str) -> str:
    return str(_WORDS[column].get(getattr(system, column), ""))


def _compliance(system: AISystem) -> str:
    """Only systems that serve people can be out of compliance."""
    if system.listed_out_of_compliance:
        return _("Out of compliance")
    return _("In compliance") if system.stage in (Stage.PRODUCTION, Stage.CANARY) else ""


def _names(entries: Any) -> str:
    """A list of words or of named things; training data may be a word instead."""
    if isinstance(entries, str):
        return entries
    return "; ".join(str(entry["name"] if isinstance(entry, dict) else entry) for entry in entries)


COLUMNS: tuple[Column[AISystem], ...] = (
    Column(gettext_lazy("ID"), lambda system: system.slug),
    Column(gettext_lazy("Name"), lambda system: system.name),
    Column(gettext_lazy("Owner"), lambda system: system.team.slug),
    Column(gettext_lazy("Team"), lambda system: system.team.name),
    Column(gettext_lazy("Contact"), lambda system: system.contact),
    Column(gettext_lazy("In scope"), lambda system: system.in_scope),
    Column(gettext_lazy("Stage"), lambda system: _word(system, "stage")),
    Column(gettext_lazy("Compliance"), _compliance),
    Column(gettext_lazy("Open before production"), lambda system: system.snapshot.blockers),
    Column(gettext_lazy("Purpose"), lambda system: system.purpose),
    Column(gettext_lazy("Risk tier"), lambda system: _word(system, "risk_tier")),
    Column(gettext_lazy("Data sensitivity"), lambda system: _word(system, "data_sensitivity")),
    Column(gettext_lazy("EU AI Act tier"), lambda system: _word(system, "eu_ai_act_tier")),
    Column(gettext_lazy("Affected parties"), lambda system: _names(system.affected_parties)),
    Column(gettext_lazy("Environment"), lambda system: _word(system, "environment")),
    Column(gettext_lazy("Regions"), lambda system: _names(system.regions)),
    Column(gettext_lazy("Endpoint"), lambda system: system.endpoint),
    Column(gettext_lazy("Type of model"), lambda system: system.model_type),
    Column(gettext_lazy("Base model"), lambda system: system.base_model),
    Column(gettext_lazy("Provider"), lambda system: system.provider),
    Column(gettext_lazy("Version pinned"), lambda system: system.version_pinned),
    Column(gettext_lazy("Training data"), lambda system: _names(system.training_sources)),
    Column(gettext_lazy("Retrieval sources"), lambda system: _names(system.rag_sources)),
    Column(gettext_lazy("Review interval, days"), lambda system: system.review_interval_days),
    Column(gettext_lazy("Decommission date"), lambda system: system.decommission_date),
    Column(gettext_lazy("Registered"), lambda system: system.created_at),
    Column(gettext_lazy("Changed"), lambda system: system.updated_at),
)

_OF_TODAY = {gettext_lazy("Compliance"), gettext_lazy("Open before production")}
PAST_COLUMNS = tuple(column for column in COLUMNS if column.label not in _OF_TODAY)
"""Without what the gate says, which is kept of today alone."""
