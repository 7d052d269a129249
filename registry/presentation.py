"""The record in words that people read: labels of its fields, values, sections."""

import re
from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.ledger.changes import Change
from aims.signoffs.subjects import Section
from registry.choices import Stage
from registry.documents import COLUMNS
from registry.models import AISystem

SECTIONS = {
    "": gettext_lazy("The system"),
    "deployment": gettext_lazy("Deployment"),
    "classification": gettext_lazy("Classification"),
    "model": gettext_lazy("Model"),
    "data": gettext_lazy("Data"),
    "governance": gettext_lazy("Governance"),
    "lifecycle": gettext_lazy("Life cycle"),
    "assessment": gettext_lazy("Impact assessment"),
}

_LABELS = {
    "owner": gettext_lazy("owner"),
    "lifecycle.stage": gettext_lazy("stage"),
    "governance.impact_assessment_id": gettext_lazy("impact assessment"),
    "governance.last_reviewed": gettext_lazy("last reviewed"),
    "governance.approved_by": gettext_lazy("approved by"),
    "assessment.ref": gettext_lazy("reference"),
    "assessment.version": gettext_lazy("version"),
    "assessment.sha256": gettext_lazy("digest of its content"),
    "data.logs.captured": gettext_lazy("what is logged"),
    "data.logs.retention_days": gettext_lazy("logs kept for, days"),
    "data.logs.readers": gettext_lazy("who reads the logs"),
}

_links: dict[str, Callable[[Any], str]] = {}


def link(path: str, address: Callable[[Any], str]) -> None:
    """Let the values at a path lead somewhere; upper apps say where, in `ready()`."""
    _links[path] = address


_ENTRY = re.compile(r"\[(?P<name>[^\]]*)\]")


def label(path: str) -> str:
    """The name of a field: `data.rag_sources[tickets].pii` → Retrieval sources › tickets › pii."""
    if path in _LABELS:
        return _capital(str(_LABELS[path]))
    if path in COLUMNS:
        return _capital(str(_column(path).verbose_name))
    if match := _ENTRY.search(path):
        rest = path[match.end() :].strip(".")
        parts = [label(path[: match.start()]), match["name"], *([_words(rest)] if rest else [])]
        return " › ".join(parts)
    return _capital(_words(path.rpartition(".")[2]))


STAGE_TONES = {Stage.PRODUCTION: "ok", Stage.CANARY: "info", Stage.SUSPENDED: "bad"}


def standing(system: AISystem, *, judged: bool = True) -> tuple[str, str]:
    """How a system stands, in words with a tone: its stage, or that it is in use and should not be. Unless
    `judged`, the stage alone: whether a system complies is known of today only."""
    if judged and system.listed_out_of_compliance:
        return _("Out of compliance"), "bad"
    stage = Stage(system.stage)
    return str(stage.label), STAGE_TONES.get(stage, "mute")


def value_text(path: str, value: Any) -> str:
    """A value as people read it."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if path == "lifecycle.stage":
        return str(Stage(value).label)
    if path in COLUMNS and isinstance(value, str):
        choices: dict[Any, Any] = dict(_column(path).flatchoices)
        return str(choices.get(value, value))
    if isinstance(value, list):
        return ", ".join(_entry_text(entry) for entry in value)
    if isinstance(value, dict):
        return _entry_text(value)
    return str(value)


def _column(path: str) -> "models.Field[Any, Any]":
    field = AISystem._meta.get_field(COLUMNS[path])
    assert isinstance(field, models.Field)
    return field


def _entry_text(entry: Any) -> str:
    """One thing of a list: a word, or a named thing with what is known of it."""
    if not isinstance(entry, dict):
        return str(entry)
    told = [
        f"{_words(key)}: {value_text('', value)}"
        for key, value in entry.items()
        if key != "name" and value not in (None, "", [], {})
    ]
    name = str(entry.get("name", ""))
    return f"{name} ({'; '.join(told)})" if name and told else name or "; ".join(told)


def sections(document: dict[str, Any]) -> tuple[Section, ...]:
    """A record, or the part of it that is signed, as titled rows of label and value."""
    found = [_section("", {key: value for key, value in document.items() if key not in SECTIONS})]
    found += [_section(key, document[key]) for key in SECTIONS if key and isinstance(document.get(key), dict)]
    if "assessment" in document and document["assessment"] is None:
        found.append(Section(str(SECTIONS["assessment"]), ((_("Reference"), _("none approved yet")),)))
    return tuple(found)


def _section(name: str, values: dict[str, Any]) -> Section:
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        path = f"{name}.{key}" if name else key
        if path == "data.logs" and isinstance(value, dict):
            rows += [(label(f"{path}.{part}"), value_text("", entry)) for part, entry in value.items()]
        else:
            text = value_text(path, value)
            if path in _links and value:
                text = format_html('<a href="{}">{}</a>', _links[path](value), text)
            rows.append((label(path), text))
    return Section(str(SECTIONS[name]), tuple(rows))


def change_rows(differences: list[Change]) -> list[dict[str, Any]]:
    """Changes for a diff on a page: label, both sides as text, and the path."""
    return [
        {
            "path": change.path,
            "label": label(change.path),
            "before": value_text(change.path, change.before),
            "after": value_text(change.path, change.after),
        }
        for change in differences
    ]


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " › ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
