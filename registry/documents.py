"""A system as its record, and back (design page, section 3)."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Protocol

from registry.choices import Environment, Stage
from registry.schema import Record

COLUMNS: dict[str, str] = {
    "id": "slug",
    "name": "name",
    "contact": "contact",
    "in_scope": "in_scope",
    "deployment.environment": "environment",
    "deployment.regions": "regions",
    "deployment.endpoint": "endpoint",
    "classification.purpose": "purpose",
    "classification.data_sensitivity": "data_sensitivity",
    "classification.risk_tier": "risk_tier",
    "classification.eu_ai_act_tier": "eu_ai_act_tier",
    "classification.affected_parties": "affected_parties",
    "model.type": "model_type",
    "model.base_model": "base_model",
    "model.provider": "provider",
    "model.version_pinned": "version_pinned",
    "model.weights_location": "weights_location",
    "data.training_sources": "training_sources",
    "data.rag_sources": "rag_sources",
    "data.logs": "logs",
    "governance.review_interval_days": "review_interval_days",
    "lifecycle.decommission_date": "decommission_date",
}
"""Path in the record -> column of AISystem, for what is entered. `owner` is the team's short name; the rest
of the record (approvals, review, stage) is derived."""

DERIVED = (
    "governance.impact_assessment_id",
    "governance.last_reviewed",
    "governance.approved_by",
    "lifecycle.stage",
)
"""Paths whose values in an import are claims, which the portal confirms or not."""


class RecordRow(Protocol):
    """An AISystem or a row of its history."""

    slug: str
    team: Any
    stage: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What the portal itself knows of a system's governance."""

    impact_assessment_id: str | None = None
    last_reviewed: dt.date | None = None
    approved_by: list[str] = field(default_factory=list)


def record_of(system: Any, derived: Derived | None = None) -> dict[str, Any]:
    """The record of a system or of a row of its history, as `Record.document()` gives it."""
    record: dict[str, Any] = {"id": system.slug, "name": system.name, "owner": system.team.slug}
    if system.contact:
        record["contact"] = system.contact
    record["in_scope"] = system.in_scope
    deployment = record["deployment"] = {"environment": system.environment, "regions": system.regions}
    if system.endpoint:
        deployment["endpoint"] = system.endpoint
    classification = record["classification"] = {"purpose": system.purpose} if system.purpose else {}
    for key in ("data_sensitivity", "risk_tier", "eu_ai_act_tier"):
        if tier := getattr(system, key):
            classification[key] = tier
    classification["affected_parties"] = system.affected_parties
    model: dict[str, Any] = {}
    record["model"] = model
    for key, text in (
        ("type", system.model_type),
        ("base_model", system.base_model),
        ("provider", system.provider),
    ):
        if text:
            model[key] = text
    model["version_pinned"] = system.version_pinned
    if system.weights_location:
        model["weights_location"] = system.weights_location
    record["data"] = {
        "training_sources": system.training_sources,
        "rag_sources": system.rag_sources,
        "logs": system.logs or {"captured": [], "readers": []},
    }
    governance: dict[str, Any] = {}
    record["governance"] = governance
    if derived and derived.impact_assessment_id:
        governance["impact_assessment_id"] = derived.impact_assessment_id
    if derived and derived.last_reviewed:
        governance["last_reviewed"] = derived.last_reviewed.isoformat()
    governance["review_interval_days"] = system.review_interval_days
    governance["approved_by"] = derived.approved_by if derived else []
    lifecycle = record["lifecycle"] = {"stage": system.stage}
    if system.decommission_date:
        lifecycle["decommission_date"] = system.decommission_date.isoformat()
    return record


def columns_of(record: Record) -> dict[str, Any]:
    """Column -> value for what is entered; `owner` and what is derived stay out."""
    document = record.document()
    return {column: _column_value(column, value_at(document, path)) for path, column in COLUMNS.items()}


_TEXT_COLUMNS = frozenset(
    {
        "contact",
        "endpoint",
        "purpose",
        "data_sensitivity",
        "risk_tier",
        "eu_ai_act_tier",
        "model_type",
        "base_model",
        "provider",
        "weights_location",
    }
)


def _column_value(column: str, value: Any) -> Any:
    if column in _TEXT_COLUMNS:
        return value or ""
    if column == "decommission_date" and value:
        return dt.date.fromisoformat(value)
    return value


def value_at(document: dict[str, Any], path: str) -> Any:
    """The value at a dotted path; None where the way there is missing."""
    value: Any = document
    for key in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def with_derived(document: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """A document with what the portal derives taken from its own record: a file's claims change nothing."""
    result = dict(document)
    for path in DERIVED:
        section, key = path.split(".")
        part = {name: value for name, value in result[section].items() if name != key}
        if key in known[section]:
            part[key] = known[section][key]
        result[section] = part
    return result


def without_derived(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what the portal derives; the parts that held it are copies."""
    result = dict(document)
    for path in DERIVED:
        section, key = path.split(".")
        result[section] = {name: value for name, value in result.get(section, {}).items() if name != key}
    return result


def as_production(record: dict[str, Any]) -> dict[str, Any]:
    """The record as it would be in production: what the gate judges, whatever the record says today."""
    return {
        **record,
        "deployment": {**record["deployment"], "environment": Environment.PRODUCTION.value},
        "lifecycle": {**record["lifecycle"], "stage": Stage.PRODUCTION.value},
    }


def signable(record: dict[str, Any], assessment: dict[str, Any] | None) -> dict[str, Any]:
    """What a signature of a system covers: the record as it would be in production, and the approved
    assessment by its digest; not governance and lifecycle, which hold other signatures and the stage."""
    document = {key: value for key, value in record.items() if key not in ("governance", "lifecycle")}
    document["deployment"] = {**record["deployment"], "environment": Environment.PRODUCTION.value}
    if assessment:
        document["assessment"] = {key: assessment[key] for key in ("ref", "version", "sha256")}
    return document
