"""The history that a governed model keeps: `history = History()`."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class History(HistoricalRecords):  # type: ignore[misc]  # simple_history has no types
    """simple_history, with reasons of any length and the indexes that reading the past needs.

    Its own composite index stands the other way round: by date, then by object.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            history_change_reason_field=models.TextField(null=True, blank=True),
            **options,
        )

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        name, key = model._meta.model_name, model._meta.pk.attname
        return options | {
            "indexes": [
                *options.get("indexes", ()),
                # The newest row of an object at a moment is the first that this index has: `as_of`.
                models.Index(fields=[key, "-history_date", "-history_id"], name=f"{name}_as_of"),
                models.Index(fields=["history_user", "history_date"], name=f"{name}_by_whom"),
                # What is there no longer, few among many: nothing else tells them.
                models.Index(fields=["history_type", key], name=f"{name}_removed"),
            ]
        }
