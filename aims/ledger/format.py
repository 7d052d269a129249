"""The ledger's format: how an entry is hashed, and how it hangs on the one before it.

Pure functions without a database, so that anybody can follow the chain with nothing but SHA-256.
`docs/ledger.md` says how it hangs together.
"""

import datetime as dt
import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

SEPARATOR: Final = "\x1f"
"""Stands between the fields that are hashed. Only the last one, the reason, may hold it itself."""

GENESIS: Final = bytes(32)
"""What stands for the previous entry's hash in front of the first entry."""


def instant(at: dt.datetime) -> str:
    """An aware time as it is hashed: in UTC, with all six digits of the second's fraction."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def content(
    *,
    seq: int,
    at: dt.datetime,
    table: str,
    row: int,
    shape: str,
    digest: str,
    about: str,
    actor: str,
    role: str,
    channel: str,
    act: str,
    reason: str,
) -> bytes:
    """SHA-256 over an entry's fields, 32 bytes. The arguments are the columns of `models.Entry`."""
    fields = (str(seq), instant(at), table, str(row), shape, digest, about, actor, role, channel, act, reason)
    return sha256(SEPARATOR.join(fields).encode()).digest()


def link(previous: bytes, content: bytes) -> bytes:
    """An entry's hash: it covers the entry's content and, by the hash before it, all earlier entries.

    `previous` is that hash, or GENESIS for the first entry.
    """
    return sha256(previous + content).digest()


def row_text(columns: Iterable[str], values: Iterable[object]) -> str:
    """A row as canonical JSON, as SQLite's entries digest it: sorted keys, no spaces, bytes in hex.

    The values are those that the database stores: text, whole numbers, floats, bytes, None. (PostgreSQL
    digests the text of its own `to_jsonb`.)
    """
    stored = dict(zip(columns, values, strict=True))
    return json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=bytes.hex)


def row_digest(text: str) -> str:
    """SHA-256 of a row's text, in hex."""
    return sha256(text.encode()).hexdigest()


def shape_key(table: str, columns: Iterable[str]) -> str:
    """The name of a set of columns: the same whatever order they stand in."""
    return sha256(SEPARATOR.join([table, *sorted(columns)]).encode()).hexdigest()[:16]
