"""Reads rows of governed tables as the text that their entries digest."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from aims.ledger import format
from aims.ledger.entries import columns_of


def texts(
    connection: BaseDatabaseWrapper, table: str, columns: Collection[str], keys: Sequence[int]
) -> dict[int, str]:
    """Key -> text of those rows that are there, of these columns alone (a `models.Shape`'s).

    Raises KeyError where the table has lost one of the columns.
    """
    if not keys:
        return {}
    found, marks = columns_of(connection, table), ", ".join(["%s"] * len(keys))
    where = f'"new"."{found[0]}" IN ({marks})'
    return {key: text for key, text, *_said in select(connection, table, columns, where, keys, of=found)}


def select(
    connection: BaseDatabaseWrapper,
    table: str,
    columns: Collection[str],
    where: str,
    params: Sequence[Any],
    also: Sequence[str] = (),
    *,
    of: tuple[str, list[str]] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """(key, text, …) of the rows, by key. `where` and `also` are SQL over the row as NEW.

    `of` is what `columns_of` has said of the table, if it was asked before.

    Raises KeyError where the table has lost one of the columns.
    """
    key, present = of or columns_of(connection, table)
    if lost := set(columns) - set(present):
        raise KeyError(f"{table} no longer has {', '.join(sorted(lost))}.")
    names = sorted(columns)
    if connection.vendor == "sqlite":
        # A plus sign changes no value, and keeps Django's converters away from it: they go by declared type.
        read = [f'+"new"."{name}"' for name in names]
    else:
        added = ", ".join(f"'{name}'" for name in present if name not in columns)
        read = [f"(to_jsonb(new) - ARRAY[{added}]::text[])::text"]
    wanted = ", ".join([f'"new"."{key}"', *also, *read])
    with connection.cursor() as cursor:
        # Names are those of the database itself; all values are parameters.
        cursor.execute(
            f'SELECT {wanted} FROM "{table}" AS new WHERE {where} ORDER BY 1',  # noqa: S608
            params,
        )
        for row in cursor:
            said, stored = row[: len(also) + 1], row[len(also) + 1 :]
            text = format.row_text(names, stored) if connection.vendor == "sqlite" else stored[0]
            yield (said[0], text, *said[1:])
