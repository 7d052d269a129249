"""The first draft of an assessment: what the record already says, so that nobody types it twice."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from assessments.schema import AffectedParty, Content, Context
from registry.choices import DataSensitivity, Environment


def prefilled(record: dict[str, Any]) -> Content:
    """A draft with context and affected parties taken from the record; all else is for people to answer."""
    named = ", ".join(record["classification"]["affected_parties"])
    return Content(
        context=Context(
            purpose=_clipped(record["classification"].get("purpose", "")),
            environment=_clipped(_environment(record)),
            data_flows=_clipped(_data_flows(record)),
        ),
        affected_parties=(AffectedParty(key="direct_users", description=_clipped(named)),) if named else (),
    )


def _environment(record: dict[str, Any]) -> str:
    deployment, model = record["deployment"], record["model"]
    parts = [_("Runs in: %(environment)s.") % {"environment": Environment(deployment["environment"]).label}]
    if deployment["regions"]:
        parts.append(_("Regions: %(regions)s.") % {"regions": ", ".join(deployment["regions"])})
    if name := " – ".join(filter(None, (model.get("base_model"), model.get("provider")))):
        parts.append(_("Model: %(model)s.") % {"model": name})
    return " ".join(parts)


def _data_flows(record: dict[str, Any]) -> str:
    data = record["data"]
    lines = []
    if sensitivity := record["classification"].get("data_sensitivity"):
        lines.append(
            _("Most sensitive data: %(sensitivity)s.") % {"sensitivity": DataSensitivity(sensitivity).label}
        )
    sources = data["training_sources"]
    training = sources if isinstance(sources, str) else ", ".join(entry["name"] for entry in sources)
    if training:
        lines.append(_("Training data: %(names)s.") % {"names": training})
    if data["rag_sources"]:
        names = ", ".join(entry["name"] for entry in data["rag_sources"])
        lines.append(_("Looks things up in: %(names)s.") % {"names": names})
    logs = data["logs"]
    if logs.get("captured"):
        kept = logs.get("retention_days")
        lines.append(
            _("Logs: %(captured)s, kept for %(days)s days.")
            % {"captured": ", ".join(logs["captured"]), "days": kept if kept is not None else "?"}
        )
    return "\n".join(f"- {line}" for line in lines)


def _clipped(text: str) -> str:
    """A record may be longer than a field; what does not fit is in the record still."""
    return text if len(text) <= 10_000 else f"{text[:9_999]}…"
