"""What a person has to be able to see to be told something. Upper apps register their scopes in `ready()`.

A notice about an AI system names it. Whoever may no longer see the system finds no such notice in the inbox,
and gets no e-mail about it: rights are asked anew at every look, never when the notice was written alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from aims.accounts.models import User

Visible = Callable[["User"], "QuerySet[Any] | None"]
"""A person -> the keys of what they may see, as a subquery; None: all of it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that its readers have to be able to see: `Scope("registry.aisystem", 12)`."""

    name: str
    id: int


_visible: dict[str, Visible] = {}


def register(name: str, visible: Visible) -> None:
    _visible[name] = visible


def all_visible(user: "User") -> "dict[str, QuerySet[Any] | None]":
    """Name of every scope -> what the person may see of it."""
    return {name: visible(user) for name, visible in _visible.items()}
