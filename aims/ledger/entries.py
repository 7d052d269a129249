"""The triggers that write the ledger: one entry for each row that is added to a governed table.

SQLite calls back into this process (`sqlite`): a client without these functions cannot write at all.
PostgreSQL chains at COMMIT, one transaction after the other, under a lock (`ledger_chain` below). In both the
row and its entry are one transaction: if there can be no entry, there is no row.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from aims.ledger import format, governed, guards
from aims.ledger.governed import Governed

LOCK: Final = 420012026
"""The advisory lock on PostgreSQL under which numbers are given."""

PAIRS: Final = 60
"""Names and values of one call: SQLite passes a function 127 arguments at most."""

FIELDS: Final = (
    "seq", "at", "table", "row", "shape", "digest", "about", "actor", "role", "channel", "act", "reason",
    "content", "hash",
)  # fmt: skip
"""Columns of an entry, in the order in which they are hashed."""

_INTO: Final = f"INSERT INTO ledger_entry ({', '.join(chr(34) + name + chr(34) for name in FIELDS)})"


@dataclass(frozen=True, slots=True)
class EntryTrigger:
    """Writes the entry of each row that is added to one table."""

    table: str
    vendors: frozenset[str] = guards.EVERYWHERE

    @property
    def name(self) -> str:
        return f"{self.table}_entry"

    def create(self, connection: BaseDatabaseWrapper) -> Iterator[str]:
        of = governed.governed()[self.table]
        key, columns = columns_of(connection, self.table)
        shape = format.shape_key(self.table, columns)
        yield (
            'INSERT INTO ledger_shape (shape, "table", columns) VALUES '
            f"('{shape}', '{self.table}', '{json.dumps(columns)}') ON CONFLICT DO NOTHING"
        )
        if connection.vendor == "sqlite":
            yield _on_sqlite(self.name, of, key, columns, shape)
        else:
            yield from _on_postgresql(self.name, of, key, shape, _schema(connection))


def govern(table: str, *, actor: str = "", reason: str = "") -> Governed:
    """Make a table append-only, and have the ledger hold each row. Called in an app's `ready()`.

    `actor` and `reason` are the columns that say who and why. The key has to be one whole number. What the
    rows are about is said by `governed.concern`. Histories are governed by themselves.
    """
    guards.register(*guards.append_only(table), EntryTrigger(table))
    return governed.add(table, actor=actor, reason=reason)


def govern_histories() -> None:
    """Govern the history of every model. What nothing else says, a row is about its own object."""
    for model, history in governed.histories():
        of = govern(history._meta.db_table, actor="history_user_id", reason="history_change_reason")
        key = model._meta.pk
        assert key is not None
        of.otherwise = (model._meta.label_lower, f'NEW."{key.column}"')


def _on_sqlite(name: str, of: Governed, key: str, columns: Sequence[str], shape: str) -> str:
    parts = [columns[start : start + PAIRS] for start in range(0, len(columns), PAIRS)]
    pairs = [", ".join(f"'{column}', NEW.\"{column}\"" for column in part) for part in parts]
    read = [f"SELECT ledger_row({place}, {part});" for place, part in enumerate(pairs)]
    newest = "(SELECT {} FROM ledger_entry ORDER BY seq DESC LIMIT 1)"
    head = ", ".join(newest.format(column) for column in ("seq", "at", "hash"))
    said = ", ".join(f'NEW."{column}"' if column else "''" for column in (of.actor, of.reason))
    return (
        f'CREATE TRIGGER "{name}" AFTER INSERT ON "{of.table}" FOR EACH ROW BEGIN {" ".join(read)} '
        f"SELECT ledger_chain({head}, '{of.table}', NEW.\"{key}\", '{shape}', {of.about('sqlite')}, {said}); "
        f"{_INTO} VALUES ({', '.join(f'ledger_field({place})' for place in range(len(FIELDS)))}); END"
    )


def _on_postgresql(name: str, of: Governed, key: str, shape: str, schema: str) -> Iterator[str]:
    """A constraint trigger on the table itself: put off to COMMIT, so that the lock is held shortly.

    `aims.act` is what the connection was told of the act (`telling`). A time that it claims counts only
    between the newest entry's and now. The owner's rights do the writing: nobody else needs any on entries.
    """
    actor = f'CAST(NEW."{of.actor}" AS text)' if of.actor else "NULL"
    reason = f"NULLIF(NEW.\"{of.reason}\", '')" if of.reason else "NULL"
    yield f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET timezone = 'UTC' SET search_path = pg_catalog, "{schema}", pg_temp AS $$
        DECLARE
            told jsonb := COALESCE(NULLIF(current_setting('aims.act', true), ''), '{{}}')::jsonb;
            head record;
            e ledger_entry%ROWTYPE;
        BEGIN
            e.digest := encode(sha256(convert_to(to_jsonb(NEW)::text, 'UTF8')), 'hex');
            e."table" := '{of.table}';
            e."row" := NEW."{key}";
            e.shape := '{shape}';
            e.about := {of.about("postgresql")};
            e.actor := COALESCE(NULLIF(told->>'actor', ''), {actor}, '');
            e.role := COALESCE(told->>'role', '');
            e.channel := COALESCE(told->>'channel', '');
            e.act := COALESCE(told->>'act', '');
            e.reason := COALESCE({reason}, told->>'reason', '');
            PERFORM pg_advisory_xact_lock({LOCK});
            SELECT seq, at, hash INTO head FROM ledger_entry ORDER BY seq DESC LIMIT 1;
            e.seq := COALESCE(head.seq, 0) + 1;
            e.at := clock_timestamp();
            IF told ? 'at' THEN
                e.at := LEAST(e.at, GREATEST((told->>'at')::timestamptz, head.at));
            END IF;
            e.content := sha256(convert_to(concat_ws(E'\\x1f', e.seq,
                to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e."table", e."row",
                e.shape, e.digest, e.about, e.actor, e.role, e.channel, e.act, e.reason), 'UTF8'));
            e.hash := sha256(COALESCE(head.hash, decode(repeat('00', 32), 'hex')) || e.content);
            {_INTO} VALUES ({", ".join(f'e."{field}"' for field in FIELDS)});
            RETURN NULL;
        END $$"""
    yield (
        f'CREATE CONSTRAINT TRIGGER "{name}" AFTER INSERT ON "{of.table}" '
        f'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "{name}"()'
    )
    yield f'ALTER TABLE "{of.table}" ENABLE ALWAYS TRIGGER "{name}"'


def columns_of(connection: BaseDatabaseWrapper, table: str) -> tuple[str, list[str]]:
    """(key, all columns in order of the alphabet) of a table, as the database has it.

    Raises ValueError for a table whose key is not one column.
    """
    if connection.vendor == "sqlite":
        query = "SELECT name, pk > 0 FROM pragma_table_info(%s)"
    else:
        query = (
            "SELECT a.attname, COALESCE(a.attnum = ANY(i.indkey), false) FROM pg_attribute a "
            "LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary "
            "WHERE a.attrelid = to_regclass(quote_ident(%s)) AND a.attnum > 0 AND NOT a.attisdropped"
        )
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        found = cursor.fetchall()
    keys = [name for name, is_key in found if is_key]
    if len(keys) != 1:
        raise ValueError(f"{table} cannot be governed: its key has to be one column.")
    return keys[0], sorted(name for name, _is_key in found)


def _schema(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])
