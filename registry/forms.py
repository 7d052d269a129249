"""Forms of the registry. They collect and phrase; the record's schema alone decides what is valid."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from aims.accounts.models import Team, User
from registry import choices, documents, schema
from registry.errors import IdTaken, ReasonNeeded
from registry.models import AISystem
from registry.schema import Record
from registry.schema_problems import problems_by_path

MAX_REASON = 2000
"""Characters."""

prohibit_nul = ProhibitNullCharactersValidator()


class LinesField(forms.CharField):
    """A list of words: one a line, or with commas between them."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        prohibit_nul(text)  # a CharField's own check would look at the list, and find nothing in it
        return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]


def _words_for(path: str) -> dict[str, Any]:
    """Label and help text of a field of the record, as its schema has them, and whether it must be there."""
    info = schema.field_at(path)
    help_text: Any = gettext_lazy(info.description or "")
    if examples := _examples(info.examples or []):
        help_text = format_lazy("{} {} {}", help_text, _("For example:"), examples)
    return {
        "label": gettext_lazy(info.title or ""),
        "help_text": help_text,
        "required": info.is_required(),
    }


def _examples(examples: list[Any]) -> str:
    """Examples of the schema as people would type them: “a”, “b”; lists with commas."""
    typed = [", ".join(example) if isinstance(example, list) else str(example) for example in examples]
    return ", ".join(f"“{example}”" for example in typed)


def _text(path: str) -> forms.CharField:
    return forms.CharField(**_words_for(path))


def _choice(path: str, options: type[models.TextChoices]) -> forms.ChoiceField:
    """A choice; one that the record may leave open says so."""
    words = _words_for(path)
    if schema.field_at(path).default is not None:
        return forms.ChoiceField(choices=options.choices, **words | {"required": True})
    return forms.ChoiceField(choices=[("", _("not stated yet")), *options.choices], **words)


def _lines(path: str) -> LinesField:
    return LinesField(**_words_for(path))


def _days(path: str) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, **_words_for(path))


def _yes(path: str, **kwargs: Any) -> forms.BooleanField:
    return forms.BooleanField(**kwargs, **_words_for(path))


def _yes_no_unknown(path: str) -> forms.NullBooleanField:
    # Not a plain Select: to that one, True and "true" differ, and no answer would ever show as chosen.
    widget = forms.NullBooleanSelect()
    widget.choices = [("unknown", _("not answered yet")), ("true", _("yes")), ("false", _("no"))]
    return forms.NullBooleanField(widget=widget, **_words_for(path))


def _part(path: str, kinds: dict[str, Callable[[str], forms.Field]], name: str) -> type[forms.Form]:
    """A form for one entry of a list of the record; what `kinds` does not name is text."""
    fields: dict[str, forms.Field] = {
        field: kinds.get(field, _text)(f"{path}.{field}") for field in schema.field_names(path)
    }
    fields["name"].required = False  # a row left blank is no entry
    return type(name, (forms.Form,), fields)


TrainingSourceForm = _part("data.training_sources", {"pii": _yes_no_unknown}, "TrainingSourceForm")
RagSourceForm = _part(
    "data.rag_sources",
    {
        "pii": _yes_no_unknown,
        "retention_days": _days,
        "versioning": _yes,
        "object_lock": _yes,
        "access_logging": _yes,
    },
    "RagSourceForm",
)

TrainingSources = forms.formset_factory(TrainingSourceForm, extra=1, can_delete=True, max_num=50)
RagSources = forms.formset_factory(RagSourceForm, extra=1, can_delete=True, max_num=50)


class SystemForm(forms.Form):
    """The record as a form. Field names are the columns of AISystem."""

    slug = _text("id")
    name = _text("name")
    team = forms.ModelChoiceField(
        label=_("Owner"), queryset=Team.objects.none(), help_text=_("The team that answers for the system.")
    )
    contact = _text("contact")
    in_scope = _yes("in_scope", initial=True)
    environment = _choice("deployment.environment", choices.Environment)
    regions = _lines("deployment.regions")
    endpoint = _text("deployment.endpoint")
    purpose = _text("classification.purpose")
    data_sensitivity = _choice("classification.data_sensitivity", choices.DataSensitivity)
    risk_tier = _choice("classification.risk_tier", choices.RiskTier)
    eu_ai_act_tier = _choice("classification.eu_ai_act_tier", choices.EuAiActTier)
    affected_parties = _lines("classification.affected_parties")
    model_type = _text("model.type")
    base_model = _text("model.base_model")
    provider = _text("model.provider")
    version_pinned = _yes("model.version_pinned")
    weights_location = _text("model.weights_location")
    training_word = forms.CharField(
        label=_("Training data in a word"),
        required=False,
        help_text=_(
            "If nothing is trained or fine-tuned: none-fine-tuning. Else leave this empty and list sources."
        ),
    )
    logs_captured = _lines("data.logs.captured")
    logs_retention_days = _days("data.logs.retention_days")
    logs_readers = _lines("data.logs.readers")
    review_interval_days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        initial=365,
        **_words_for("governance.review_interval_days") | {"required": True},
    )
    decommission_date = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **_words_for("lifecycle.decommission_date"),
    )
    reason = forms.CharField(
        label=_("Reason for the change"),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history. Needed when a system in use changes in a way that matters."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    GROUPS = (
        ("system", _("The system"), ("slug", "name", "team", "contact", "in_scope")),
        (
            "classification",
            _("Classification"),
            ("purpose", "data_sensitivity", "risk_tier", "eu_ai_act_tier", "affected_parties"),
        ),
        ("model", _("Model"), ("model_type", "base_model", "provider", "version_pinned", "weights_location")),
        ("deployment", _("Deployment"), ("environment", "regions", "endpoint")),
        ("logs", _("Prompt and response logs"), ("logs_captured", "logs_retention_days", "logs_readers")),
        ("governance", _("Review and end of life"), ("review_interval_days", "decommission_date")),
    )

    def __init__(self, *args: Any, user: User, system: AISystem | None = None, **kwargs: Any) -> None:
        if system is not None:
            kwargs.setdefault("initial", _initial(system))
        super().__init__(*args, **kwargs)
        self.system = system
        teams = Team.objects.of(user)
        if system is not None:
            teams = teams | Team.objects.filter(pk=system.team_id)
            self.fields["slug"].disabled = True
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        formset: dict[str, Any] = {"data": self.data} if self.is_bound else {}
        sources = system.training_sources if system and isinstance(system.training_sources, list) else []
        self.training = TrainingSources(prefix="training", initial=sources, **formset)
        self.rag = RagSources(prefix="rag", initial=system.rag_sources if system else [], **formset)

    @property
    def groups(self) -> Iterable[dict[str, Any]]:
        """The fields by section of the record, for the page."""
        return (
            {"key": key, "title": title, "fields": [self[name] for name in names]}
            for key, title, names in self.GROUPS
        )

    def is_valid(self) -> bool:
        parts = [super().is_valid(), self.training.is_valid(), self.rag.is_valid()]
        return all(parts)

    def clean(self) -> dict[str, Any]:
        """Build the record and let the schema judge it; its problems become errors of the fields."""
        values = super().clean() or {}
        if self.errors or not (self.training.is_valid() and self.rag.is_valid()):
            return values
        training = _entries(self.training)
        if training and values["training_word"]:
            self.add_error("training_word", _("Leave this empty if you list sources, or remove the sources."))
            return values
        if self.system is None and AISystem.objects.filter(slug=values["slug"]).exists():
            self.add_error("slug", str(IdTaken()))
            return values
        document = _document(values, training, _entries(self.rag))
        try:
            values["record"] = Record.model_validate(document)
        except ValidationError as error:
            for path, message in problems_by_path(error, document, Record):
                self.add_error(_field_at(path), message)
        return values


def _entries(formset: Any) -> list[dict[str, Any]]:
    """What is filled in, without what is marked for removal and without rows left blank."""
    entries = [
        {
            key: value
            for key, value in form.cleaned_data.items()
            if key != "DELETE" and value not in ("", None)
        }
        for form in formset
        if not form.cleaned_data.get("DELETE")
    ]
    return [entry for entry in entries if any(entry.values())]


def _document(values: dict[str, Any], training: list[Any], rag: list[Any]) -> dict[str, Any]:
    """The record's document as somebody would write it in YAML."""
    document: dict[str, Any] = {"owner": values["team"].slug}
    for path, column in documents.COLUMNS.items():
        if column in ("training_sources", "rag_sources", "logs"):
            continue
        value = values[column]
        if column == "decommission_date" and value is not None:
            value = value.isoformat()
        _put(document, path, value)
    document["data"] = {
        "training_sources": values["training_word"] or training,
        "rag_sources": rag,
        "logs": {
            "captured": values["logs_captured"],
            "retention_days": values["logs_retention_days"],
            "readers": values["logs_readers"],
        },
    }
    return document


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *sections, key = path.split(".")
    for section in sections:
        document = document.setdefault(section, {})
    document[key] = value


_FIELD_OF = documents.COLUMNS | {
    "owner": "team",
    "data.logs.captured": "logs_captured",
    "data.logs.retention_days": "logs_retention_days",
    "data.logs.readers": "logs_readers",
    "data.training_sources": "training_word",
}


def _field_at(path: str) -> str | None:
    """The form's field for a path of the record; None (the form as a whole) where there is none."""
    while path:
        if (field := _FIELD_OF.get(path)) in SystemForm.base_fields:
            return field
        path = path.rpartition(".")[0]
    return None


def _initial(system: AISystem) -> dict[str, Any]:
    values: dict[str, Any] = {
        column: getattr(system, column)
        for column in documents.COLUMNS.values()
        if column in SystemForm.base_fields
    }
    logs = system.logs or {}
    word = system.training_sources
    return values | {
        "team": system.team_id,
        "revision": system.revision,
        "training_word": word if isinstance(word, str) else "",
        "logs_captured": logs.get("captured", []),
        "logs_retention_days": logs.get("retention_days"),
        "logs_readers": logs.get("readers", []),
    }


class ReasonForm(forms.Form):
    """A step with the reason that stays in the trail."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


def reason_of(data: QueryDict) -> str:
    """The reason in what was posted; it may be empty. Raises ReasonNeeded for a text that cannot be kept."""
    form = ReasonForm(data)
    if not form.is_valid():
        raise ReasonNeeded(" ".join(map(str, form.errors["reason"])))
    return str(form.cleaned_data["reason"])
