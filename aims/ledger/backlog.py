"""Chains what no trigger saw: rows that migrations wrote, or that are older than the ledger; and anew the
rows of a table that has lost a column which their entries cover."""

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from aims.ledger import entries, format, governed, rows, telling
from aims.ledger.governed import Governed
from aims.ledger.models import Channel, Entry, Shape

BATCH: Final = 1000

_UNSEEN: Final = 'NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e."table" = %s AND e."row" = new."{key}")'
_OF_SHAPE: Final = (
    '(SELECT e.shape FROM ledger_entry e WHERE e."table" = %s AND e."row" = new."{key}" '
    "ORDER BY e.seq DESC LIMIT 1) IN ({shapes})"
)


def chain_after_migrations(*, using: str, **_: Any) -> None:
    """For the signal `post_migrate`, once the triggers stand."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if "ledger_entry" in tables:
        with transaction.atomic(using=using):
            for of in governed.governed().values():
                if of.table in tables:
                    chain(connection, of)


def chain(connection: BaseDatabaseWrapper, of: Governed) -> int:
    """Write the entries that the table's rows still need, and say how many there were."""
    key, columns = entries.columns_of(connection, of.table)
    wheres = [(_UNSEEN.format(key=key), [of.table])]
    if outgrown := _outgrown(connection, of.table, columns):
        shapes = ", ".join(["%s"] * len(outgrown))
        wheres.append((_OF_SHAPE.format(key=key, shapes=shapes), [of.table, *outgrown]))
    said = [
        of.about(connection.vendor),
        *(f'new."{name}"' if name else "''" for name in (of.actor, of.reason)),
    ]
    count = 0
    for where, params in wheres:
        # All are read before any is written: the condition asks for entries.
        found = list(rows.select(connection, of.table, columns, where, params, said))
        count += _append(connection, of.table, columns, iter(found))
    return count


def _outgrown(connection: BaseDatabaseWrapper, table: str, columns: list[str]) -> list[str]:
    """Shapes of the table that cover a column which it has no longer."""
    known = Shape.objects.using(connection.alias).filter(table=table)
    return [shape.shape for shape in known if not set(shape.columns) <= set(columns)]


def _append(
    connection: BaseDatabaseWrapper, table: str, columns: list[str], found: Iterator[tuple[Any, ...]]
) -> int:
    own = Entry.objects.using(connection.alias)
    shape, count = format.shape_key(table, columns), 0
    while part := list(islice(found, BATCH)):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [entries.LOCK])
        head = own.order_by("-seq").first()
        seq, previous = (head.seq, bytes(head.hash)) if head else (0, format.GENESIS)
        now, made = dt.datetime.now(dt.UTC), []
        for row, text, about, actor, reason in part:
            seq += 1
            fields = {
                "seq": seq,
                "at": now,
                "table": table,
                "row": row,
                "shape": shape,
                "digest": format.row_digest(text),
                "about": about,
                "actor": str(telling.plain_key(actor or "")),
                "role": "",
                "channel": Channel.MIGRATION.value,
                "act": "",
                "reason": reason or "",
            }
            content = format.content(**fields)
            previous = format.link(previous, content)
            made.append(Entry(**fields, content=content, hash=previous))
        own.bulk_create(made)
        count += len(part)
    return count
