"""Writes that say in the history who made them and why."""

from typing import Any

from django.db import models


def save(instance: models.Model, *, by: Any, reason: str = "") -> None:
    """Save a row whose model has a history, with the person who did it (None: nobody, such as a set-up)."""
    note(instance, by=by, reason=reason)
    instance.save()


def note(instance: models.Model, *, by: Any, reason: str = "") -> None:
    """Say who is about to save or delete the row, and why."""
    vars(instance).update(_history_user=by, _change_reason=reason or None)
