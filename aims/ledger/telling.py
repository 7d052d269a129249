"""Tells each connection who is acting, right before it writes, and gives SQLite what its triggers call.

PostgreSQL's triggers read the setting `aims.act` when the transaction ends; SQLite's call the functions that
are registered here on every new connection.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

from aims.ledger import acting, format, governed

_QUIET: Final = frozenset(
    [
        "SELECT",
        "UPDATE",
        "DELETE",
        "SAVEPOINT",
        "RELEASE",
        "ROLLBACK",
        "BEGIN",
        "SET",
        "SHOW",
        "PRAGMA",
        "EXPLAIN",
        "CREATE",
        "ALTER",
        "DROP",
    ]
)
"""Statements that add no row."""

_INSERT: Final = re.compile(r'INSERT\s+INTO\s+"?(\w+)"?', re.IGNORECASE)


@dataclass(slots=True)
class Told:
    """What a connection knows of the act; and, on SQLite, of the entry that is being made."""

    act: dict[str, str] | None = None
    """None: not told since the transaction began."""
    row: dict[str, Any] = field(default_factory=dict)
    entry: tuple[Any, ...] = ()


def prepare(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """For the signal `connection_created`."""
    known = next((hook for hook in connection.execute_wrappers if isinstance(hook, _Hook)), None)
    if known is None:
        known = _Hook(Told())
        connection.execute_wrappers.append(known)
    if connection.vendor == "sqlite":
        _give_functions(connection.connection, known.told)


@dataclass(frozen=True, slots=True)
class _Hook:
    """Sees each statement before the database does."""

    told: Told

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if context["connection"].vendor == "postgresql":
            self._tell_postgresql(context["connection"].connection, sql)
        elif adds_governed_rows(sql):
            self.told.act = _words()
        return execute(sql, params, many, context)

    def _tell_postgresql(self, session: Any, sql: Any) -> None:
        told = self.told
        if session.info.transaction_status == TransactionStatus.IDLE:
            # A rollback may have taken back what was said, or the pool gave another connection.
            told.act = None
        if adds_governed_rows(sql):
            words = _words()
            if told.act != words:
                if told.act is not None:
                    # Within one transaction somebody else goes on: what was written so far is theirs.
                    names = ", ".join(f'"{table}_entry"' for table in governed.governed())
                    session.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
                    session.execute(f"SET CONSTRAINTS {names} DEFERRED")
                session.execute("SELECT set_config('aims.act', %s, false)", [json.dumps(words)])
                told.act = words
        elif str(sql).startswith("ROLLBACK"):
            told.act = None  # the setting is again what it was at the savepoint


def adds_governed_rows(sql: Any) -> bool:
    """Whether the statement may add a row to a governed table; when in doubt, it may."""
    text = str(sql).lstrip(" \n\t(")  # PostgreSQL puts the parts of a union in parentheses
    insert = _INSERT.match(text)
    if insert:
        return insert[1] in governed.governed()
    return text.partition(" ")[0].partition("\n")[0].upper() not in _QUIET


def _words() -> dict[str, str]:
    """The present act in words, asking who it is. May query."""
    act = acting.current()
    if act is None:
        return {}
    who = act.who()
    words = {
        "actor": who.actor,
        "role": who.role,
        "channel": str(act.channel),
        "act": act.id,
        "reason": act.reason.replace("\0", ""),
    }
    return words | ({"at": act.at.isoformat()} if act.at else {})


def _give_functions(session: Any, told: Told) -> None:
    """What SQLite's triggers call (`entries`), in this order: row (in parts), chain, field by field."""

    def row(part: int, *pairs: Any) -> None:
        if part == 0:
            told.row.clear()
        told.row.update(zip(pairs[::2], pairs[1::2], strict=True))

    def chain(
        seq: int | None, last: str | None, head: bytes | None, table: str, key: int, shape: str, about: str,
        actor: str | None, reason: str | None,
    ) -> None:  # fmt: skip
        text = format.row_text(told.row.keys(), told.row.values())
        words = told.act or {}
        at = dt.datetime.now(dt.UTC)
        if "at" in words:
            claimed = dt.datetime.fromisoformat(words["at"])
            newest = dt.datetime.fromisoformat(last).replace(tzinfo=dt.UTC) if last else claimed
            at = min(at, max(claimed, newest))
        fields: dict[str, Any] = {
            "seq": (seq or 0) + 1,
            "at": at,
            "table": table,
            "row": key,
            "shape": shape,
            "digest": format.row_digest(text),
            "about": about,
            "actor": words.get("actor") or plain_key(actor or ""),
            "role": words.get("role", ""),
            "channel": words.get("channel", ""),
            "act": words.get("act", ""),
            "reason": reason or words.get("reason", ""),
        }
        content = format.content(**fields)
        fields["at"] = at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        told.entry = (*fields.values(), content, format.link(head or format.GENESIS, content))

    session.create_function("ledger_row", -1, row)
    session.create_function("ledger_chain", 9, chain)
    session.create_function("ledger_field", 1, lambda place: told.entry[place])
    session.create_function("ledger_key", 1, plain_key, deterministic=True)


def plain_key(value: Any) -> Any:
    """A key as entries have it: SQLite keeps a UUID as 32 letters and digits, without the hyphens."""
    return str(uuid.UUID(value)) if isinstance(value, str) and len(value) == 32 else value
