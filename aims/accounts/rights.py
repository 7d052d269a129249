"""What a person holds: roles, teams, roles of others, exceptions. One query, as every page asks for it.

Upper apps that grant something to people add their source in `ready()`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, CharField, Value
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from aims.accounts.models import User

Source = Callable[["User"], Any]
"""A person -> the rows (kind, word, number) of what they hold today, as a QuerySet of values."""

_sources: list[Source] = []


def register(source: Source) -> None:
    _sources.append(source)


def rows(found: Any, kind: str, word: Any, number: Any) -> Any:
    """A source's rows from a QuerySet, in types that databases can put under each other."""
    return found.values_list(
        Value(kind, CharField()), Cast(word, CharField()), Cast(number, BigIntegerField())
    )


def held_by(user: "User") -> dict[str, set[tuple[str, int]]]:
    """Kind -> (word, number) of everything that the person holds today; what the two mean is the kind's."""
    first, *others = (source(user).order_by() for source in _sources)
    found: dict[str, set[tuple[str, int]]] = {}
    for kind, word, number in first.union(*others, all=True):
        found.setdefault(kind, set()).add((word, number))
    return found
