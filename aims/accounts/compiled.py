"""Queries that every page asks, made into SQL once: Django takes a hundred times as long to make one of them
as the database takes to answer it."""

from collections.abc import Callable, Hashable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

KEPT = 1_000
"""Statements of one query; the oldest goes first."""


class Compiled:
    """One query for many askers. The key of an asker has to hold all that the query depends on but the
    tables: who asks, with which rights, on which day."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[str, tuple[Any, ...]] | None] = {}

    def rows(self, key: Hashable, make: Callable[[], Any]) -> list[tuple[Any, ...]]:
        """The rows as the database gives them: text, numbers and None need no conversion."""
        return self._ask("{}", key, make)

    def count(self, key: Hashable, make: Callable[[], Any]) -> int:
        """How many rows the query has."""
        return sum(number for (number,) in self._ask("SELECT COUNT(*) FROM ({}) found", key, make))

    def _ask(self, wrapped: str, key: Hashable, make: Callable[[], Any]) -> list[tuple[Any, ...]]:
        key = (connection.vendor, key)
        if key not in self._made:
            if len(self._made) >= KEPT:
                self._made.pop(next(iter(self._made)), None)
            self._made[key] = _sql_of(make())
        made = self._made.get(key)
        if made is None:
            return []
        sql, params = made
        with connection.cursor() as cursor:
            cursor.execute(wrapped.format(sql), params)
            return cursor.fetchall()


def _sql_of(query: Any) -> tuple[str, tuple[Any, ...]] | None:
    """None for a query that finds nothing whatever the tables hold."""
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, params
