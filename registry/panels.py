"""Panels on a system's page. Upper apps add theirs in `ready()`."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aims.accounts.models import User
from registry.models import AISystem


@dataclass(frozen=True, slots=True)
class Panel:
    """A card on the system's page: a title, a template, and what the template needs."""

    title: Any
    template: str
    context: Callable[[AISystem, User], dict[str, Any]]
    then: Callable[[AISystem, dt.datetime], dict[str, Any]] | None = None
    """The same for a system as it was at a moment; without it, the panel is not shown in the past."""


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    _panels.append(panel)


def panels_of(system: AISystem, user: User) -> list[dict[str, Any]]:
    """Each panel's title, template and context for this system and reader."""
    return [
        {"title": panel.title, "template": panel.template, **panel.context(system, user)} for panel in _panels
    ]


def panels_at(system: AISystem, moment: dt.datetime) -> list[dict[str, Any]]:
    """The panels that can tell what was, for the system as it was at the moment."""
    return [
        {"title": panel.title, "template": panel.template, **panel.then(system, moment)}
        for panel in _panels
        if panel.then is not None
    ]
