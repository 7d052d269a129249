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
    """How many subjects wait, without working out why. One query."""
    return rows_together(all_waiting(user)).count()


def rows_together(queries: Iterable[QuerySet[Any]]) -> QuerySet[Any, Any]:
    """The keys of several queries under each other, to be counted. At least one query has to be given."""
    first, *others = (rows.order_by().values_list("pk") for rows in queries)
    return first.union(*others, all=True) if others else first
