"""The page on which a person says what the columns of a spreadsheet are."""

from typing import Any, Final

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import presentation
from registry.imports import cells
from registry.imports.fields import FIELDS, Field
from registry.imports.mapping import IGNORED, Mapping, Questions, Unknown
from registry.imports.uploads import open_questions, read_mapping
from registry.models import ImportBatch

UNDECIDED: Final = "?"
DATES: Final = (
    ("day", gettext_lazy("The day comes first: 03/04/2026 is 3 April")),
    ("month", gettext_lazy("The month comes first: 03/04/2026 is 4 March")),
    ("refuse", gettext_lazy("I do not know: refuse these rows")),
)


def context(batch: ImportBatch) -> dict[str, Any]:
    """What the page shows of the batch's columns."""
    mapping, asked = read_mapping(batch), open_questions(batch)
    samples = (batch.asked or {}).get("samples", [])
    return {
        "batch": batch,
        "columns": [
            {
                "name": f"column-{column}",
                "header": header,
                "samples": samples[column],
                "value": UNDECIDED if mapping.columns[column] is None else mapping.columns[column],
                "choice": _choice(mapping.columns[column]),
                "open": column in asked.columns and bool(samples[column]),
                "repeated": any(of.path == mapping.columns[column] for of in asked.repeated),
            }
            for column, header in enumerate(batch.headers or [])
        ],
        "options": render_to_string("registry/_import_options.html", {"groups": _groups()}),
        "meanings": [
            {"label": FIELDS[path].label, "options": _options(FIELDS[path]), "texts": _texts(path, texts)}
            for path, texts in asked.unknown.items()
        ],
        "dates": asked.dates,
        "date_options": DATES,
        "problems": problems(batch, asked),
    }


def posted(batch: ImportBatch, data: QueryDict) -> Mapping:
    """The mapping that the page was sent with; what it does not speak of stays as it is."""
    before = read_mapping(batch)
    columns = tuple(_column(data.get(f"column-{column}"), path) for column, path in enumerate(before.columns))
    meanings = {path: dict(known) for path, known in before.meanings.items()}
    for path, texts in open_questions(batch).unknown.items():
        for each in texts:
            said = data.get(_name(path, each.key))
            if said in _options(FIELDS[path]):
                meanings.setdefault(path, {})[each.key] = said
    said = data.get("dates", "")
    return Mapping(columns, meanings, said if said in dict(DATES) else before.dates)  # type: ignore[arg-type]


def _choice(path: str | None) -> str:
    """What is chosen for a column, in words."""
    if path is None:
        return _("Choose…")
    return FIELDS[path].label if path else _("Leave this column out")


def _column(said: str | None, before: str | None) -> str | None:
    if said is None:
        return before
    return said if said in FIELDS or said == IGNORED else None


def _name(path: str, key: str) -> str:
    return f"meaning|{path}|{key}"


def _texts(path: str, texts: list[Unknown]) -> list[dict[str, Any]]:
    return [
        {
            "name": _name(path, each.key),
            "id": f"meaning-{path}-{number}",
            "text": each.text,
            "count": each.count,
        }
        for number, each in enumerate(texts)
    ]


def _options(of: Field) -> dict[str, str]:
    """What a text can be said to mean."""
    values = of.options if of.kind == "choice" else {"yes": _("yes"), "no": _("no")}
    return {
        cells.REFUSE: _("Refuse these rows"),
        **values,
        cells.BLANK: _("Leave the field empty"),
    }


def _groups() -> list[tuple[str, list[Field]]]:
    """The fields by section of the record."""
    found: dict[str, list[Field]] = {}
    for path, of in FIELDS.items():
        section = path.partition(".")[0] if "." in path else ""
        title = _("Claims, which are not believed") if of.derived else str(presentation.SECTIONS[section])
        found.setdefault(title, []).append(of)
    return list(found.items())


def problems(batch: ImportBatch, asked: Questions) -> list[str]:
    """What is wrong with the choice of columns, in sentences."""
    names = batch.headers or []
    found = []
    if asked.columns:
        found.append(
            _("Say what these columns are, or leave them out: %(names)s.")
            % {"names": ", ".join(f"“{names[column]}”" for column in asked.columns)}
        )
    if asked.missing:
        found.append(
            _("No column is chosen for %(fields)s. Every system needs it.")
            % {"fields": ", ".join(f"“{of.label}”" for of in asked.missing)}
        )
    if asked.repeated:
        found.append(
            _("Two columns are chosen for %(fields)s. Leave one of them out.")
            % {"fields": ", ".join(f"“{of.label}”" for of in asked.repeated)}
        )
    return found
