"""What waits for a person's decision, over all kinds of subjects."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from aims.accounts.models import User
from aims.signoffs import subjects
from aims.signoffs.subjects import Waiting


def waiting_for(user: User, limit: int = 50) -> list[Waiting]:
    """What a role of the person has to decide about now, longest waiting first; at most so much."""
    found = [entry for kind in subjects.kinds() for entry in kind.waiting_for(user, limit)]
    return sorted(found, key=lambda entry: entry.since)[:limit]


def all_waiting(user: User) -> list[QuerySet[Any]]:
    """A query for each kind whose rows stand for what waits for the person."""
    return [kind.all_waiting(user) for kind in subjects.kinds()]


def number_waiting(user: User) -> int:
    """How many subjects wait, without working out why: one query, for every page."""
    return count_rows(all_waiting(user))


def count_rows(queries: Iterable[QuerySet[Any]]) -> int:
    """How many rows several queries have together; one query, none where all are empty from the start."""
    parts = [rows.order_by().values_list("pk") for rows in queries if not rows.query.is_empty()]
    if not parts:
        return 0
    return parts[0].union(*parts[1:], all=True).count() if parts[1:] else parts[0].count()
