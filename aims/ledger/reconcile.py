"""Whether the rows in use are what their history says they are.

The ledger holds on to history; somebody who changes a row in use alone, past history, is found here. One
statement a model compares all of its rows with the newest history of each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import connection, models

from aims.ledger import governed

LIMIT: Final = 100
"""Rows of one model that are named."""
SHOWN: Final = 200
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One row in use that is not what its newest history says."""

    kind: str
    """changed, unrecorded (no history at all), removed (it is gone, its history does not say so) or returned
    (its history says that it is gone)."""
    model: str
    key: str
    field: str = ""
    """The column, of a changed row."""
    recorded: str = ""
    found: str = ""

    def __str__(self) -> str:
        what = {
            "changed": f"{self.field} is {self.found!r}, its history says {self.recorded!r}",
            "unrecorded": "it has no history",
            "removed": "it is gone, and its history does not say so",
            "returned": "it is there, and its history says that it was removed",
        }
        return f"{self.model} {self.key}: {what[self.kind]}"

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class Unreconciled(Exception):
    """Rows in use differ from their history; the text names some of them."""


def reconcile() -> list[Discrepancy]:
    """Everything that differs, model by model; of each model at most `LIMIT` rows.

    One statement reads a model with its history, so a change that is made meanwhile is in both or in neither.
    """
    return [found for model, history in governed.histories() for found in _of_model(model, history)]


def reconcile_job() -> str:
    """For the jobs, every hour. Raises Unreconciled where something differs."""
    found = reconcile()
    if found:
        more = " And others." if len(found) > 3 else ""
        raise Unreconciled("; ".join(map(str, found[:3])) + "." + more)
    return "Every row is what its history says."


def _of_model(model: type[models.Model], history: Any) -> Iterator[Discrepancy]:
    columns = [field.column for field in history.tracked_fields]
    key = _key_column(model)
    label = model._meta.label
    for row in _differing(model._meta.db_table, history._meta.db_table, key, columns):
        kind, name, live, recorded = _read(row, len(columns))
        if kind != "changed":
            yield Discrepancy(kind, label, name)
            continue
        for column, is_now, was in zip(columns, live, recorded, strict=True):
            if is_now != was:
                yield Discrepancy("changed", label, name, column, _shown(was), _shown(is_now))


def _differing(table: str, history: str, key: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows (key in use, key in history, type of the newest history, columns in use, columns in history)."""
    quote = connection.ops.quote_name
    differs = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    own = [f"l.{quote(column)}" for column in columns]
    kept = [f"h.{quote(column)}" for column in columns]
    changed = " OR ".join(f"{a} {differs} {b}" for a, b in zip(own, kept, strict=True))
    # Names of tables and columns are the models' own.
    newest = (
        f"(SELECT h.* FROM {quote(history)} h JOIN "  # noqa: S608
        f"(SELECT MAX(history_id) AS newest FROM {quote(history)} GROUP BY {quote(key)}) n "
        "ON h.history_id = n.newest)"
    )
    read = f"SELECT l.{quote(key)}, h.{quote(key)}, h.history_type, {', '.join([*own, *kept])}"
    present = (
        f"{read} FROM {quote(table)} l LEFT JOIN {newest} h ON h.{quote(key)} = l.{quote(key)} "
        f"WHERE h.history_id IS NULL OR h.history_type = '-' OR {changed}"
    )
    gone = (
        f"{read} FROM {newest} h LEFT JOIN {quote(table)} l ON h.{quote(key)} = l.{quote(key)} "
        f"WHERE l.{quote(key)} IS NULL AND h.history_type <> '-'"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{present} UNION ALL {gone} LIMIT {LIMIT}")
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _read(row: tuple[Any, ...], width: int) -> tuple[str, str, tuple[Any, ...], tuple[Any, ...]]:
    own, kept, told, *values = row
    live, recorded = tuple(values[:width]), tuple(values[width:])
    if own is None:
        return "removed", str(kept), live, recorded
    if kept is None:
        return "unrecorded", str(own), live, recorded
    return ("returned" if told == "-" else "changed"), str(own), live, recorded


def _key_column(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return model._meta.pk.column


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
