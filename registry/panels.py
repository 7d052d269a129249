"""Panels on a system's page. Upper apps add theirs in `ready()`."""

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


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    _panels.append(panel)


def panels_of(system: AISystem, user: User) -> list[dict[str, Any]]:
    """Each panel's title, template and context for this system and reader."""
    return [
        {"title": panel.title, "template": panel.template, **panel.context(system, user)} for panel in _panels
    ]
