"""Which column of a spreadsheet is which field of the record: guessed, asked for, remembered."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from aims.accounts.models import User
from aims.tables.sheet import Value
from registry import schema
from registry.documents import COLUMNS
from registry.imports import cells
from registry.imports.cells import AmbiguousDate, CellRefused, Dates, UnknownChoice
from registry.imports.fields import FIELDS, Field
from registry.models import ColumnMapping

IGNORED: Final = ""

PROBLEM: Final = "Problem"
"""Over the column that says why a row was refused, in the table of those that were."""

OF_OUR_LISTS: Final = (
    gettext_noop("Open before production"),
    gettext_noop("Team"),
    gettext_noop("Compliance"),
    gettext_noop("Registered"),
    gettext_noop("Changed"),
)
"""What the list of systems, taken away as a table, holds beside the record. By the first it is recognised."""

MOST_MEANINGS: Final = 30
"""So many different texts of one column are asked about; rows with others are refused."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the columns of a sheet are read."""

    columns: tuple[str | None, ...]
    """Per column the path of a field, IGNORED, or None where nobody has said yet."""
    meanings: dict[str, dict[str, str]] = field(default_factory=dict)
    """Path -> normal text -> the value that it means, `cells.BLANK`, or `cells.REFUSE`."""
    dates: Dates = ""

    def as_dict(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "meanings": self.meanings, "dates": self.dates}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Mapping":
        columns = tuple(path if path in FIELDS or path is None else IGNORED for path in kept["columns"])
        return cls(columns, kept["meanings"], kept["dates"])

    def overlaid(
        self,
        headers: Sequence[str],
        *,
        columns: dict[str, str],
        meanings: dict[str, dict[str, str]],
        dates: str,
    ) -> "Mapping":
        """This mapping, with what somebody says of columns by their headers, of values and of dates.

        Raises ValueError for a header or a path that there is not.
        """
        if unknown := sorted(columns.keys() - set(headers)):
            raise ValueError(_("There is no column %(names)s.") % {"names": ", ".join(unknown)})
        if unknown := sorted({*columns.values(), *meanings} - FIELDS.keys() - {IGNORED}):
            raise ValueError(_("There is no field %(names)s.") % {"names": ", ".join(unknown)})
        if dates not in ("", "day", "month", "refuse"):
            raise ValueError(_("“dates” is day, month or refuse."))
        return Mapping(
            tuple(columns.get(header, path) for header, path in zip(headers, self.columns, strict=True)),
            {
                **self.meanings,
                **{
                    path: {cells.normal(text): value for text, value in said.items()}
                    for path, said in meanings.items()
                },
            },
            dates or self.dates,  # type: ignore[arg-type]
        )

    def read_columns(self) -> list[tuple[int, Field, dict[str, str]]]:
        """Column, its field, and what texts mean in it, for the columns that are read."""
        return [
            (column, FIELDS[path], self._meanings_of(FIELDS[path]))
            for column, path in enumerate(self.columns)
            if path
        ]

    def _meanings_of(self, of: Field) -> dict[str, str]:
        known = cells.known_choices(of) if of.kind == "choice" else {}
        return known | self.meanings.get(of.path, {})


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that is no value of its field, and in how many rows it stands."""

    text: str
    key: str
    count: int


@dataclass(slots=True)
class Questions:
    """What has to be said before the rows can be looked at."""

    columns: list[int] = field(default_factory=list)
    """Columns that hold something, and of which nobody knows what."""
    missing: list[Field] = field(default_factory=list)
    """Fields that no record is without, and that no column has."""
    repeated: list[Field] = field(default_factory=list)
    """Fields that two columns claim to be."""
    unknown: dict[str, list[Unknown]] = field(default_factory=dict)
    """Path -> texts that nobody has explained."""
    dates: list[str] = field(default_factory=list)
    """Examples of dates that could be read in two ways."""

    def as_dict(self) -> dict[str, Any]:
        """What the rows are needed for: the rest follows from the mapping."""
        unknown = {
            path: [[each.text, each.key, each.count] for each in texts]
            for path, texts in self.unknown.items()
        }
        return {"unknown": unknown, "dates": self.dates}

    def __bool__(self) -> bool:
        return bool(self.columns or self.missing or self.repeated or self.unknown or self.dates)


def guess(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> Mapping:
    """What the headers say by themselves. An unknown column without any value is ignored; two columns that
    look like the same field are left to the person."""
    names: dict[str, str] = _names() | {cells.normal(PROBLEM): IGNORED}
    if cells.normal(_(OF_OUR_LISTS[0])) in map(cells.normal, headers):
        names |= {cells.normal(_(name)): IGNORED for name in OF_OUR_LISTS}
    filled = {column for row in rows for column, value in enumerate(row) if value is not None}
    found = [
        names.get(cells.normal(header), None if column in filled else IGNORED)
        for column, header in enumerate(headers)
    ]
    count = Counter(path for path in found if path)
    return Mapping(tuple(None if path and count[path] > 1 else path for path in found))


def remembered(headers: Sequence[str]) -> Mapping | None:
    """How a sheet with these headers was read last."""
    kept = ColumnMapping.objects.filter(key=key_of(headers)).values_list("mapping", flat=True).first()
    return Mapping.of(kept) if kept else None


def remember(headers: Sequence[str], mapping: Mapping, *, by: User) -> None:
    """Keep the mapping for the next sheet with these headers, whoever brings it."""
    ColumnMapping.objects.update_or_create(
        key=key_of(headers), defaults={"mapping": mapping.as_dict(), "saved_by": by}
    )


def key_of(headers: Sequence[str]) -> str:
    """The same for all sheets with these headers in this order, however they are spaced and capitalised."""
    return hashlib.sha256(json.dumps([cells.normal(header) for header in headers]).encode()).hexdigest()


def kept_questions(mapping: Mapping, kept: dict[str, Any]) -> Questions:
    """The questions that `Questions.as_dict` kept, and those that the mapping itself leaves open."""
    asked = questions(mapping, [])
    asked.unknown = {path: [Unknown(*each) for each in texts] for path, texts in kept["unknown"].items()}
    asked.dates = kept["dates"]
    return asked


def questions(mapping: Mapping, rows: Sequence[Sequence[Value]]) -> Questions:
    """What is still open about reading the rows so."""
    asked = Questions(columns=[column for column, path in enumerate(mapping.columns) if path is None])
    count = Counter(path for path in mapping.columns if path)
    # Whether a row needs a name and an owner, its id says: a system that is there has them.
    asked.missing = [FIELDS["id"]] if "id" not in count else []
    asked.repeated = [FIELDS[path] for path in count if count[path] > 1]
    for column, of, meanings in mapping.read_columns():
        if of.kind in ("choice", "yes_no"):
            if unknown := _unknown(of, column, meanings, rows):
                asked.unknown[of.path] = unknown
        elif of.kind == "date" and not mapping.dates:
            asked.dates += _ambiguous(of, column, rows)
    return asked


def _unknown(
    of: Field, column: int, meanings: dict[str, str], rows: Sequence[Sequence[Value]]
) -> list[Unknown]:
    texts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    understood: dict[Value, bool] = {}
    for row in rows:
        cell = row[column]
        if cell is None or not isinstance(cell, str | int | float):
            continue
        if cell not in understood:
            understood[cell] = cells.normal(str(cell)) in meanings or _understood(of, cell, meanings)
        if not understood[cell]:
            key = cells.normal(str(cell))
            texts[key] += 1
            shown.setdefault(key, str(cell))
    return [Unknown(shown[key][:100], key, count) for key, count in texts.most_common(MOST_MEANINGS)]


def _understood(of: Field, cell: Value, meanings: dict[str, str]) -> bool:
    try:
        cells.value_of(of, cell, meanings=meanings)
    except UnknownChoice:
        return False
    except CellRefused:
        pass
    return True


def _ambiguous(of: Field, column: int, rows: Sequence[Sequence[Value]]) -> list[str]:
    found: list[str] = []
    for row in rows:
        try:
            cells.value_of(of, row[column], meanings={})
        except AmbiguousDate:
            found.append(str(row[column]))
            if len(found) == 3:
                break
        except CellRefused:
            pass
    return found


_SYNONYMS: Final[dict[str, str]] = {
    "id": "system id, slug, identifier, short name, key, kennung, system-id",
    "name": "system, system name, title, application, ai system, use case, bezeichnung, anwendung, name",
    "owner": "team, owner team, owning team, department, business owner, responsible team, verantwortlich, "
    "abteilung, bereich",
    "contact": "e-mail, email, mail, contact person, contact e-mail, ansprechpartner, kontakt",
    "in_scope": "in scope, scope, in scope of the aims, im geltungsbereich",
    "classification.purpose": "purpose, description, intended purpose, use, zweck, verwendungszweck",
    "classification.data_sensitivity": "data, data class, data classification, data category, sensitivity, "
    "datenklasse, datenkategorie",
    "classification.risk_tier": "risk, risk level, risk class, risk rating, risiko, risikoklasse",
    "classification.eu_ai_act_tier": "eu ai act, ai act, ai act tier, ai act class, ai act risk class, "
    "eu ai act class, eu ai act risk class, ki-verordnung",
    "classification.affected_parties": "affected people, affected persons, stakeholders, betroffene",
    "model.type": "model type, type, modelltyp",
    "model.base_model": "model, base model, foundation model, llm, modell, basismodell",
    "model.provider": "vendor, supplier, model provider, manufacturer, anbieter, hersteller, lieferant",
    "model.version_pinned": "pinned, fixed version, version fixed",
    "model.weights_location": "weights, weights location, model location",
    "deployment.environment": "env, environment, umgebung",
    "deployment.regions": "region, regions, location, locations, hosting region, standort",
    "deployment.endpoint": "url, address, link, endpoint, api",
    "data.training_sources": "training sources, training data, training, trainingsdaten",
    "data.rag_sources": "retrieval sources, rag sources, knowledge base, knowledge sources",
    "data.logs.captured": "logs, logged, what is logged, log contents, logs captured",
    "data.logs.retention_days": "log retention, log retention days, logs kept for days, retention days",
    "data.logs.readers": "log readers, who reads the logs, who may read the logs, logs readers",
    "governance.review_interval_days": "review interval, review every days, prüfintervall",
    "lifecycle.decommission_date": "end of life, decommissioning, decommission date, end date, "
    "switched off on, abschaltdatum",
    "governance.impact_assessment_id": "impact assessment, assessment, assessment id",
    "governance.last_reviewed": "last reviewed, last review, reviewed on, letzte prüfung",
    "governance.approved_by": "approved by, approvals, approvers, freigegeben von",
    "lifecycle.stage": "stage, status, state, lifecycle, lifecycle stage, life cycle stage",
}


def _names() -> dict[str, str]:
    """Normal text of a header -> path: the path, the column's own name, the label, the title, synonyms."""
    found: dict[str, str] = {}
    for path, of in FIELDS.items():
        title = schema.field_at(path).title or ""
        for name in (*_SYNONYMS[path].split(","), title, _(title), COLUMNS.get(path, ""), of.label, path):
            if key := cells.normal(name):
                found.setdefault(key, path)
    # A path or a label is never another field's synonym.
    found |= {cells.normal(of.label): path for path, of in FIELDS.items()}
    found |= {cells.normal(path): path for path in FIELDS}
    return found
