"""What objects were at a moment: of each, the newest row of its history until then.

The library's own `as_of` gives two rows where two share a date, and looks at every row there is. This one
asks the index for one row an object: tens of milliseconds for 10,000 objects with a million rows of history.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery

REMOVED = "-"
"""The type of the row that says that the object is no more."""


def rows_at(
    model: Any, moment: dt.datetime, among: QuerySet[Any], *, removed: QuerySet[Any] | None = None
) -> QuerySet[Any]:
    """One row of history for each of the objects that were there at the moment; of two with the same date
    the one written last.

    `among`: the live objects of interest. `removed`: keys (one column) of objects that are no more today,
    to be looked for beside them, such as `removed_keys(model)`.
    """
    found = _rows_of(model, moment, among.order_by())
    if removed is None:
        return found
    # Objects of no live table: their keys stand in their history alone.
    gone = model.history.filter(history_type=REMOVED, **{f"{_key(model)}__in": removed}).order_by()
    once_gone = _rows_of(model, moment, gone, key=_key(model))
    return model.history.filter(  # type: ignore[no-any-return]
        models.Q(pk__in=found.values("pk")) | models.Q(pk__in=once_gone.values("pk"))
    )


def _rows_of(model: Any, moment: dt.datetime, of: QuerySet[Any], key: str = "pk") -> QuerySet[Any]:
    newest = (
        model.history.filter(**{_key(model): OuterRef(key)}, history_date__lte=moment)
        .order_by("-history_date", "-history_id")
        .values("history_id")[:1]
    )
    keys = of.annotate(row_then=Subquery(newest)).values("row_then")
    return model.history.filter(pk__in=keys).exclude(history_type=REMOVED)  # type: ignore[no-any-return]


def removed_keys(model: Any) -> QuerySet[Any]:
    """Keys of the objects that were removed for good, and are in the history alone."""
    key = _key(model)
    live = model._base_manager.filter(pk=OuterRef(key))
    gone = model.history.filter(~models.Exists(live), history_type=REMOVED)
    return gone.order_by().values(key)  # type: ignore[no-any-return]


def row_at(model: Any, moment: dt.datetime, key: Any) -> Any:
    """The row of one object, by its key; None where it was not there."""
    rows = model.history.filter(**{_key(model): key}, history_date__lte=moment)
    row = rows.order_by("-history_date", "-history_id").first()
    return None if row is None or row.history_type == REMOVED else row


def objects_of(rows: Iterable[Any]) -> list[Any]:
    """The objects as the rows say they were, never to be saved. What was loaded with the rows stays with
    them; columns that the history leaves out have their defaults."""
    return [_object_of(row) for row in rows]


def _object_of(row: Any) -> Any:
    model = row.instance_type
    then = model(**{field.attname: getattr(row, field.attname) for field in row.tracked_fields})
    then._state.adding, then._state.db = False, row._state.db
    for name, value in row._state.fields_cache.items():
        if name in {field.name for field in row.tracked_fields}:
            setattr(then, name, value)
    return then


def began(model: Any) -> dt.datetime | None:
    """The moment of the first row of history that there is."""
    return model.history.order_by("history_date").values_list("history_date", flat=True).first()  # type: ignore[no-any-return]


def _key(model: Any) -> str:
    return str(model._meta.pk.attname)
