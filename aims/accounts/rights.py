"""What a person holds: roles, teams, roles of others, exceptions. One query, as every page asks for it.

Upper apps that grant something to people add their source in `ready()`.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, CharField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from aims.accounts.compiled import Compiled

if TYPE_CHECKING:
    from aims.accounts.models import User

Source = Callable[[uuid.UUID, dt.date], Any]
"""A person's key and a day -> rows (kind, word, number) of what they hold then, as a QuerySet of values."""

_sources: list[Source] = []
_held = Compiled()


def register(source: Source) -> None:
    _sources.append(source)


def rows(found: Any, kind: str, word: Any, number: Any) -> Any:
    """A source's rows from a QuerySet, in types that databases can put under each other."""
    return found.values_list(
        Value(kind, CharField()), Cast(word, CharField()), Cast(number, BigIntegerField())
    )


def held_by(user: "User") -> dict[str, set[tuple[str, int]]]:
    """Kind -> (word, number) of everything that the person holds today; what the two mean is the kind's."""
    found: dict[str, set[tuple[str, int]]] = {}
    today = timezone.localdate()
    for kind, word, number in _held.rows((user.pk, today), lambda: _all_sources(user.pk, today)):
        found.setdefault(kind, set()).add((word, number))
    return found


def _all_sources(person: uuid.UUID, day: dt.date) -> Any:
    first, *others = (source(person, day).order_by() for source in _sources)
    return first.union(*others, all=True)
