"""Kinds of notices. Upper apps register theirs in `ready()`; this app knows none of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """How a person wants to hear of a kind of notices, beside the inbox, where everything stands."""

    NOW = "now", _("E-mail at once")
    DIGEST = "digest", _("Once a day, in one e-mail")
    INBOX = "inbox", _("Only in the inbox")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notices, in the words of the page on which people choose."""

    key: str
    title: Any
    about: Any
    """When such a notice comes, in a sentence."""
    must: bool = False
    """What one has to sign: its e-mails cannot be switched off."""
    usual: Mode = Mode.NOW
    """What holds until a person chooses."""

    @property
    def modes(self) -> list[Mode]:
        """What can be chosen."""
        return [mode for mode in Mode if not (self.must and mode is Mode.INBOX)]


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        _kinds[kind.key] = kind


def kind_of(key: str) -> Kind:
    """The kind; one that no app knows any more has nothing but its name."""
    return _kinds.get(key) or Kind(key, key.replace("-", " ").capitalize(), "")


def known(key: str) -> bool:
    return key in _kinds


def kinds() -> Iterable[Kind]:
    return _kinds.values()
