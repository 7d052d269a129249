"""The rows of an import on a page: fifty at a time, by what becomes of them, with a search."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from aims.ledger.changes import Change
from registry import presentation
from registry.documents import value_at
from registry.imports.preview import place_of
from registry.models import ImportBatch, ImportRow

PAGE_SIZE: Final = 50
SHORT: Final = (
    "classification.purpose",
    "classification.risk_tier",
    "classification.data_sensitivity",
    "classification.eu_ai_act_tier",
)
"""What the list says of a new system; its own page says all."""

MOST_CHANGES: Final = 8
"""Of one row in the list."""

TONES: Final = {"new": "info", "changed": "warn", "unchanged": "mute", "refused": "bad"}
DONE_TONES: Final = {"new": "ok", "changed": "ok", "unchanged": "mute", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of each kind an import has."""

    new: int
    changed: int
    unchanged: int
    refused: int
    needs_reason: int
    new_teams: int

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged + self.refused

    @property
    def writes(self) -> int:
        return self.new + self.changed


def counts_of(batch: ImportBatch) -> Counts:
    """In one query."""
    found = {status: Count("pk", filter=Q(status=status)) for status in ImportRow.Status.values}
    return Counts(
        **batch.rows.aggregate(
            **found,
            needs_reason=Count("pk", filter=Q(needs_reason=True)),
            new_teams=Count("pk", filter=Q(new_team=True)),
        )
    )


class _Counted(Paginator):  # type: ignore[type-arg]
    """Django's paginator, told the number that is known already."""

    def __init__(self, *args: Any, known: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = known

    @cached_property
    def count(self) -> int:
        return self.object_list.count() if self._known is None else self._known  # type: ignore[attr-defined,no-any-return]


@dataclass(frozen=True, slots=True)
class Shown:
    """One row in the words of the page."""

    row: ImportRow
    status: str
    tone: str
    problems: list[tuple[str, str]]
    changes: list[dict[str, Any]]
    more_changes: int
    """That the list leaves to the row's own page."""
    claims: list[dict[str, Any]]
    facts: list[tuple[str, str]]


def context(batch: ImportBatch, counts: Counts, params: QueryDict) -> dict[str, Any]:
    """The page of rows that the address asks for. An unknown kind shows all."""
    status = params.get("status", "")
    status = status if status in ImportRow.Status.values else ""
    query = params.get("q", "").strip()[:200]
    rows = batch.rows.defer("raw", "before")
    if status:
        rows = rows.filter(status=status)
    for word in query.split():
        rows = rows.filter(
            Q(slug__icontains=word)
            | Q(name__icontains=word)
            | Q(owner__icontains=word)
            | Q(source__icontains=word)
        )
    known = None if query else getattr(counts, status or "total")
    page: Page[ImportRow] = _Counted(rows, PAGE_SIZE, known=known).get_page(params.get("page"))
    labels = lru_cache(None)(presentation.label)
    words = {value: str(label) for value, label in ImportRow.Status.choices}
    tones = TONES
    if batch.applied_at:
        words |= {"new": _("Registered"), "refused": _("Left out")}
        tones = DONE_TONES
    chips = [("", _("All"), counts.total)] + [
        (value, words[value], getattr(counts, value))
        for value in ImportRow.Status.values
        if getattr(counts, value)
    ]
    return {
        "page": page,
        "rows": [_shown(batch, row, words, tones, labels) for row in page.object_list],
        "chips": [
            {"value": value, "label": label, "count": count, "current": value == status}
            for value, label, count in chips
        ],
        "query": query,
        "status": status,
    }


def _shown(
    batch: ImportBatch, row: ImportRow, words: dict[str, str], tones: dict[str, str], labels: Any
) -> Shown:
    def told(differences: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "label": labels(change["path"]),
                "before": presentation.value_text(change["path"], change["before"]),
                "after": presentation.value_text(change["path"], change["after"]),
            }
            for change in differences
        ]

    facts = []
    if row.status == ImportRow.Status.NEW and row.document:
        facts = [
            (labels(path), presentation.value_text(path, value))
            for path in SHORT
            if (value := value_at(row.document, path))
        ]
    return Shown(
        row,
        words.get(row.status, ""),
        tones.get(row.status, "mute"),
        [(place_of(batch, problem), problem[2]) for problem in row.problems],
        told(row.changes[:MOST_CHANGES]),
        max(0, len(row.changes) - MOST_CHANGES),
        told(row.claims),
        facts,
    )


def one(row: ImportRow) -> dict[str, Any]:
    """A row by itself: the whole record that it makes, and everything said of it."""
    claims = [Change(**claim) for claim in row.claims]
    return {
        "row": row,
        "sections": presentation.sections(row.document) if row.document else (),
        "changes": presentation.change_rows([Change(**change) for change in row.changes]),
        "claims": presentation.change_rows(claims),
        "problems": [(place_of(row.batch, problem), problem[2]) for problem in row.problems],
    }
