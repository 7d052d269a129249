"""What a column of a spreadsheet can hold: the fields of the record that fit into one cell."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

from registry import choices, presentation, schema
from registry.documents import DERIVED

Kind = Literal["text", "choice", "yes_no", "words", "number", "date", "training", "sources"]

KINDS: Final[dict[str, Kind]] = {
    "id": "text",
    "name": "text",
    "owner": "text",
    "contact": "text",
    "in_scope": "yes_no",
    "classification.purpose": "text",
    "classification.data_sensitivity": "choice",
    "classification.risk_tier": "choice",
    "classification.eu_ai_act_tier": "choice",
    "classification.affected_parties": "words",
    "model.type": "text",
    "model.base_model": "text",
    "model.provider": "text",
    "model.version_pinned": "yes_no",
    "model.weights_location": "text",
    "deployment.environment": "choice",
    "deployment.regions": "words",
    "deployment.endpoint": "text",
    "data.training_sources": "training",
    "data.rag_sources": "sources",
    "data.logs.captured": "words",
    "data.logs.retention_days": "number",
    "data.logs.readers": "words",
    "governance.review_interval_days": "number",
    "lifecycle.decommission_date": "date",
    # What the portal derives: a sheet may claim it, and is not believed.
    "governance.impact_assessment_id": "text",
    "governance.last_reviewed": "date",
    "governance.approved_by": "words",
    "lifecycle.stage": "choice",
}
"""Path in the record -> how its cell is read, in the order of the template's columns."""

REQUIRED: Final = ("id", "name", "owner")

CHOICES: Final[dict[str, Any]] = {
    "classification.data_sensitivity": choices.DataSensitivity,
    "classification.risk_tier": choices.RiskTier,
    "classification.eu_ai_act_tier": choices.EuAiActTier,
    "deployment.environment": choices.Environment,
    "lifecycle.stage": choices.Stage,
}


@dataclass(frozen=True, slots=True)
class Field:
    path: str
    kind: Kind

    @property
    def label(self) -> str:
        return presentation.label(self.path)

    @property
    def help(self) -> str:
        """What the schema says of the field, and how its cell is written."""
        return " ".join(filter(None, (_(schema.field_at(self.path).description or ""), self.syntax)))

    @property
    def syntax(self) -> str:
        match self.kind:
            case "yes_no":
                return _("Yes or no.")
            case "words":
                return _("Several are divided by semicolons, or stand one a line.")
            case "date":
                return _("A date cell, or YYYY-MM-DD.")
            case "number":
                return _("A whole number.")
            case "training":
                return _(
                    "One word such as none-fine-tuning; or sources as “name | where it comes from”, several "
                    "divided by semicolons."
                )
            case "sources":
                return _("Each as “name | location”, several divided by semicolons.")
            case "choice":
                return _("One of: %(choices)s.") % {"choices": ", ".join(map(str, self.options.values()))}
            case _text:
                return ""

    @property
    def options(self) -> dict[str, str]:
        """Value -> label, of a choice."""
        return {value: str(label) for value, label in CHOICES[self.path].choices}

    @property
    def derived(self) -> bool:
        return self.path in DERIVED


FIELDS: Final = {path: Field(path, kind) for path, kind in KINDS.items()}
