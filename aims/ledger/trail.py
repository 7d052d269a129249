"""Writes that say in the history who made them and why."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from typing import Any, Final

from django.db import connection, models, router, transaction
from django.db.models.deletion import Collector
from django.utils import timezone

from aims.ledger.acting import by_itself

BATCH: Final = 500
"""Rows of one statement."""


def save(instance: models.Model, *, by: Any, reason: str = "") -> None:
    """Save a row whose model has a history, with the person who did it (None: nobody, such as a set-up).

    Row, history and entry are written together or not at all.
    """
    note(instance, by=by, reason=reason)
    with nullcontext() if by else by_itself(), transaction.atomic(savepoint=False):
        instance.save()


def note(instance: models.Model, *, by: Any, reason: str = "") -> None:
    """Say who is about to save or delete the row, and why."""
    vars(instance).update(_history_user=by, _change_reason=reason or None)


def record_many(rows: Iterable[tuple[models.Model, str]], *, new: bool, by: Any = None) -> None:
    """History of rows of one model that were just written in bulk, each with the reason why.

    The database copies the rows as they stand, one statement for each reason and some hundred rows: five
    times as fast as through objects, and it cannot differ from what was written. simple_history's own bulk
    write would also name whoever happens to look at a page as the one who changed what changed by itself.
    """
    reasons: dict[str, list[Any]] = {}
    model: Any = None
    for row, reason in rows:
        model = type(row)
        reasons.setdefault(reason, []).append(row.pk)
    told = {
        "history_date": timezone.now(),
        "history_type": "+" if new else "~",
        "history_user": by.pk if by else None,
    }
    for reason, keys in reasons.items():
        for start in range(0, len(keys), BATCH):
            part = keys[start : start + BATCH]
            with nullcontext() if by else by_itself():
                _copy_to_history(model, part, told | {"history_change_reason": reason or None})


def _copy_to_history(model: Any, keys: list[Any], told: dict[str, Any]) -> None:
    history, quote = model.history.model, connection.ops.quote_name
    fields = {history._meta.get_field(name): value for name, value in told.items()}
    copied = ", ".join(quote(field.column) for field in history.tracked_fields)
    said = ", ".join(quote(field.column) for field in fields)
    values = [field.get_db_prep_value(value, connection) for field, value in fields.items()]
    with connection.cursor() as cursor:
        # Names of tables and columns are the models' own; all values are parameters.
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({copied}, {said}) "  # noqa: S608
            f"SELECT {copied}, {', '.join(['%s'] * len(values))} FROM {quote(model._meta.db_table)} "
            f"WHERE {quote(model._meta.pk.column)} IN ({', '.join(['%s'] * len(keys))})",
            [*values, *keys],
        )


def create_all(instances: Sequence[models.Model]) -> None:
    """Insert rows of one model in a few statements, with their history. Each has been `note`d.

    The history reads the same as from `save`; signals of the model are not sent.
    """
    if instances:
        model: Any = type(instances[0])
        model._default_manager.bulk_create(instances, batch_size=BATCH)
        model.history.bulk_history_create(instances, batch_size=BATCH)


def update_all(instances: Sequence[models.Model], fields: Collection[str]) -> None:
    """Write the fields of rows of one model, with their history. Each has been `note`d.

    What saving sets by itself, such as a time of change, the caller sets.
    """
    if instances:
        write_each(instances, fields)
        model: Any = type(instances[0])
        model.history.bulk_history_create(instances, batch_size=BATCH, update=True)


def write_each(instances: Iterable[models.Model], fields: Collection[str]) -> None:
    """Write the fields of rows, and no history: whoever calls this records it.

    One short statement a row: a single one for all (`bulk_update`) would be a CASE over every row and field,
    which takes ten times as long to build.
    """
    for instance in instances:
        type(instance)._default_manager.filter(pk=instance.pk).update(
            **{name: getattr(instance, name) for name in fields}
        )


def delete_all(instances: Sequence[models.Model]) -> None:
    """Delete rows of one model, each with the row of history that says who did it and why.

    Raises ProtectedError where something refers to one of them that must stay.
    """
    if instances:
        # A query set would fetch the rows anew, and lose what `note` said of them.
        collector = Collector(using=router.db_for_write(type(instances[0])))
        collector.collect(instances)
        collector.delete()
