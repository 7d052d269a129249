"""Assessments in words that people read: labels, values, tones, the matrix, and differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.ledger.changes import Change, changes
from aims.signoffs.models import Decision
from assessments import rating
from assessments.completeness import SECTIONS
from assessments.merge import LISTS, keyed
from assessments.schema import Content
from assessments.states import State
from assessments.taxonomy import taxonomy
from registry import presentation as record_words

STATE_TONES = {
    State.DRAFT: "mute",
    State.SUBMITTED: "info",
    State.CHANGES_REQUESTED: "warn",
    State.APPROVED: "ok",
    State.DECLINED: "bad",
    State.REVOKED: "bad",
}
BAND_TONES = {"low": "ok", "moderate": "warn", "high": "bad", "very_high": "bad"}

_BANDS = {
    "low": gettext_lazy("Low"),
    "moderate": gettext_lazy("Moderate"),
    "high": gettext_lazy("High"),
    "very_high": gettext_lazy("Very high"),
}

KINDS = {"technical": gettext_lazy("Technical"), "procedural": gettext_lazy("Procedural")}
MEASURE_STATES = {
    "planned": gettext_lazy("Planned"),
    "in_progress": gettext_lazy("In progress"),
    "done": gettext_lazy("Done"),
}

FIELDS: dict[str, Any] = {
    "purpose": gettext_lazy("Purpose"),
    "intended_users": gettext_lazy("Intended users"),
    "foreseeable_misuse": gettext_lazy("Foreseeable misuse"),
    "environment": gettext_lazy("Operating environment"),
    "data_flows": gettext_lazy("Data flows"),
    "key": gettext_lazy("Group"),
    "description": gettext_lazy("Who they are, and how they are affected"),
    "vulnerable": gettext_lazy("Vulnerable people among them"),
    "relevant": gettext_lazy("Could people come to harm here?"),
    "harm": gettext_lazy("Harm"),
    "benefit": gettext_lazy("Benefit"),
    "likelihood": gettext_lazy("Likelihood"),
    "severity": gettext_lazy("Severity"),
    "residual_likelihood": gettext_lazy("Residual likelihood"),
    "residual_severity": gettext_lazy("Residual severity"),
    "rating": gettext_lazy("Likelihood and severity"),
    "reason": gettext_lazy("Why this rating"),
    "residual": gettext_lazy("Residual likelihood and severity"),
    "residual_reason": gettext_lazy("Why this much remains"),
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Measure"),
    "dimension": gettext_lazy("Lessens"),
    "owner": gettext_lazy("Owner"),
    "state": gettext_lazy("State"),
    "due": gettext_lazy("Due"),
    "decision": gettext_lazy("Decision"),
    "rationale": gettext_lazy("Reason"),
    "review_date": gettext_lazy("Look at this again on"),
}


_SCALES = {
    "likelihood": "likelihood",
    "severity": "severity",
    "residual_likelihood": "likelihood",
    "residual_severity": "severity",
}


def band_label(band: str) -> str:
    return str(_BANDS[band])


def rated(likelihood: int, severity: int) -> str:
    """A rating in words: “Possible, Major: 12, high”."""
    known = taxonomy()
    return _("%(likelihood)s, %(severity)s: %(score)d, %(band)s") % {
        "likelihood": known.likelihood[likelihood - 1].title,
        "severity": known.severity[severity - 1].title,
        "score": rating.score(likelihood, severity),
        "band": band_label(rating.band(likelihood, severity)).lower(),
    }


def matrix_rows(chosen: str = "") -> list[dict[str, Any]]:
    """The 5×5 matrix for `components/matrix.html`: likelihood in rows, the highest first."""
    known = taxonomy()
    return [
        {
            "label": row.title,
            "short": f"{row.level}",
            "cells": [
                {
                    "value": (value := f"{row.level}-{column.level}"),
                    "score": rating.score(row.level, column.level),
                    "level": rating.level(rating.band(row.level, column.level)),
                    "label": rated(row.level, column.level),
                    "checked": value == chosen,
                }
                for column in known.severity
            ],
        }
        for row in reversed(known.likelihood)
    ]


def matrix_columns() -> list[dict[str, str]]:
    return [{"label": column.title, "short": f"{column.level}"} for column in taxonomy().severity]


def heat_map(ratings: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    """The same matrix with how many impacts stand in each cell, for `components/heat_map.html`."""
    counts: dict[str, int] = {}
    for likelihood, severity in ratings:
        value = f"{likelihood}-{severity}"
        counts[value] = counts.get(value, 0) + 1
    rows = matrix_rows()
    for row in rows:
        for cell in row["cells"]:
            cell["count"] = counts.get(cell["value"], 0)
    return rows


def label(path: str, documents: Iterable[Mapping[str, Any]] = ()) -> str:
    """The name that people know a field by. `documents` (keyed) tell what a measure is called."""
    section, *rest = path.split(".")
    if not rest:
        return str(SECTIONS.get(section, section))
    if section == "affected_parties":
        parts = [taxonomy().parties[rest[0]].title]
    elif section == "impacts":
        parts = [taxonomy().dimensions[rest[0]].title]
    elif section == "mitigations":
        parts = [_measure(rest[0], documents)]
    else:
        return str(FIELDS.get(rest[0], rest[0]))
    return " › ".join([*parts, *(str(FIELDS.get(part, part)) for part in rest[1:])])


def _measure(identity: str, documents: Iterable[Mapping[str, Any]]) -> str:
    for document in documents:
        title = document.get("mitigations", {}).get(identity, {}).get("title")
        if title:
            return _("Measure “%(title)s”") % {"title": title}
    return _("Measure without a name")


def value_text(path: str, value: Any) -> str:
    """A value of the content as people read it; nothing for what is not answered."""
    name = path.rpartition(".")[2]
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        told = ((key, value_text(key, entry)) for key, entry in value.items() if key not in ("id", "key"))
        return "\n".join(f"{FIELDS.get(key, key)}: {text}" for key, text in told if text) or _(
            "Added, still empty"
        )
    if name in ("rating", "residual") and isinstance(value, list):
        return rated(*value)
    if name in _SCALES:
        scale = getattr(taxonomy(), _SCALES[name])
        return f"{value} {scale[value - 1].title}"
    known: dict[str, Mapping[str, Any]] = {
        "dimension": {key: entry.title for key, entry in taxonomy().dimensions.items()},
        "decision": {key: entry.title for key, entry in taxonomy().decisions.items()},
        "kind": KINDS,
        "state": MEASURE_STATES,
    }
    return str(known[name].get(value, value) if name in known else value)


def content_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """What differs between two contents, as rows of path, label, before and after."""
    sides = keyed(before), keyed(after)
    return [
        {
            "path": change.path,
            "label": label(change.path, reversed(sides)),
            "before": value_text(change.path, change.before),
            "after": value_text(change.path, change.after),
        }
        for change in changes(*sides)
    ]


_DOCUMENT = {
    "ref": gettext_lazy("Reference"),
    "version": gettext_lazy("Version"),
    "system": gettext_lazy("AI system"),
}


def signed_changes(differences: list[Change]) -> list[dict[str, str]]:
    """Changes between two signed documents (`signing`), for the diff of the decision page."""
    rows: list[dict[str, str]] = []
    for change in differences:
        place, _dot, path = change.path.partition(".")
        if place == "record":
            rows += record_words.change_rows([Change(path, change.before, change.after)])
        elif place == "content" and path in LISTS:
            # Whole lists differ; people want to know which entry does.
            rows += content_changes({path: change.before or []}, {path: change.after or []})
        else:
            words = label(path) if place == "content" else str(_DOCUMENT.get(place, place))
            sides = {"before": value_text(path, change.before), "after": value_text(path, change.after)}
            rows.append({"path": change.path, "label": words, **sides})
    return rows


def ratings_of(content: Content) -> list[tuple[int, int]]:
    return [
        (impact.likelihood, impact.severity)
        for impact in content.relevant.values()
        if impact.likelihood is not None and impact.severity is not None
    ]


def approvals(signoffs: dict[str, Any]) -> list[str]:
    """Approver and date, as the article's template asks."""
    return [
        _("%(role)s: %(who)s, %(day)s")
        % {
            "role": signoff.get_role_display(),
            "who": signoff.signer,
            "day": timezone.localdate(signoff.signed_at).isoformat(),
        }
        for signoff in signoffs.values()
        if signoff.decision == Decision.APPROVE
    ]
