"""The tables whose rows the ledger holds on to, and what each row is about.

Every history is governed by itself. An app registers its other append-only tables in `ready()`, and may say
of any governed table what its rows concern, so that all about one thing is found by one condition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.apps import apps
from django.db import models
from simple_history.models import HistoricalChanges


@dataclass(slots=True)
class Governed:
    """A table that is append-only and has an entry for each row. Columns by their names in the database."""

    table: str
    actor: str = ""
    """The column that says who did it."""
    reason: str = ""
    """The column that says why."""
    concerns: list[tuple[str, str]] = field(default_factory=list)
    """(kind, SQL for its key or NULL, over NEW), such as ("registry.aisystem", "NEW.system_id")."""
    otherwise: tuple[str, str] | None = None
    """What a row is about if none of these has a key: of a history, its own object."""

    def about(self, vendor: str) -> str:
        """SQL over NEW for what the row is about; an empty text for nothing.

        SQLite stores a UUID without hyphens: `ledger_key` puts them in. PostgreSQL casts it to text itself.
        """
        wrap = "ledger_key({})" if vendor == "sqlite" else "CAST({} AS text)"
        every = [*self.concerns, *([self.otherwise] if self.otherwise else [])]
        found = [f"'{kind}:' || {wrap.format(f'({key})')}" for kind, key in every]
        return f"COALESCE({', '.join(found)}, '')" if found else "''"


_governed: Final[dict[str, Governed]] = {}
_concerns: Final[dict[str, list[tuple[str, str]]]] = {}


def add(table: str, *, actor: str = "", reason: str = "") -> Governed:
    """Put a table on the list; `entries.govern` does, and installs what holds its rows."""
    _governed[table] = Governed(table, actor, reason, _concerns.setdefault(table, []))
    return _governed[table]


def concern(table: str, kind: str, key: str) -> None:
    """Say what rows of a governed table are about: a kind such as registry.aisystem, and SQL for its key.

    The SQL is over NEW, in the common subset of SQLite and PostgreSQL; NULL where it does not apply. It must
    depend on nothing that can change: rows that are never removed, columns that are never rewritten.
    """
    _concerns.setdefault(table, []).append((kind, key))


def governed() -> Mapping[str, Governed]:
    """All governed tables, by name."""
    return _governed


def histories() -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    """(model, model of its history) of all that have one."""
    for model in apps.get_models():
        if issubclass(model, HistoricalChanges):
            yield vars(model)["instance_type"], model
