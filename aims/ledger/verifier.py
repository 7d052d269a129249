"""Verifies the ledger in the database: chain, fields, rows, checkpoints, triggers.

The chain is followed in full every time. Fields and rows are read in full unless told since when. Every
statement sees one moment of the database, and what is written meanwhile is left for the next run.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db import connection

from aims.ledger import checkpoints, entries, format, governed, guards, keys, merkle, notes, rows
from aims.ledger.models import Checkpoint, Shape
from aims.ledger.verify_ledger import (
    FIELDS,
    LIMIT,
    Finding,
    Judge,
    rewritten,
    row_deleted,
    row_modified,
    rows_without_entry,
    truncated,
)

BATCH: Final = 2000
"""Entries whose rows are read together."""


@dataclass(slots=True)
class Report:
    """What a run found. `seconds`: how long the parts took."""

    entries: int = 0
    checked_rows: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """ "empty" where there was nothing to verify: never "ok"."""
        return "failed" if self.findings else "ok" if self.entries else "empty"

    def as_dict(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "entries": self.entries,
            "checked_rows": self.checked_rows,
            "findings": [asdict(finding) for finding in self.findings],
        }


def verify(since: int = 1, outside: Sequence[tuple[str, str]] = ()) -> Report:
    """Judge the ledger; fields and rows from entry `since` on.

    The checkpoint that was published last as a file is read too. `outside` are signed notes that were kept
    elsewhere, each with the words for where it comes from. Raises
    NoteError if one of them is no checkpoint that a trusted key has signed.
    """
    report, judge, begun = Report(), Judge(), time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM ledger_entry")
        upto = cursor.fetchone()[0]
    trusted = [*_stored(report), *_published(report), *_signed(outside)]
    roots = _follow(judge, upto, {note.size for note, _source in trusted})
    report.entries = judge.count
    report.seconds["chain"] = time.perf_counter() - begun
    begun = time.perf_counter()
    # Where the chain breaks, the fields say what was done: they are read whatever their age.
    early = [near for seq in judge.broken for near in (seq - 1, seq, seq + 1) if near < since]
    rows_found = list(_rows(judge, since, upto, early, report))
    report.findings += judge.findings()
    report.findings += rows_found
    report.findings += _twice(judge)
    lost, told = _against_checkpoints(report, trusted, roots, judge)
    report.findings += rows_without_entry(list(loose()), len(judge.altered), judge.missing + lost, told)
    report.seconds["rows"] = time.perf_counter() - begun
    report.findings += _triggers()
    return report


def _follow(judge: Judge, upto: int, sizes: set[int]) -> dict[int, bytes]:
    """Take all links; returns the roots at the sizes that checkpoints speak of."""
    tree, roots, stops = merkle.Frontier(), {}, sorted(sizes)
    for hashes in take_chain(judge, upto):
        start = 0
        while stops and stops[0] <= tree.size + len(hashes) - start:
            end = start + stops[0] - tree.size
            tree.extend(hashes[start:end])
            roots[stops.pop(0)] = tree.root()
            start = end
        tree.extend(hashes[start:])
    return roots


def take_chain(judge: Judge, upto: int) -> Iterator[list[bytes]]:
    """Have the links up to an entry judged; gives their hashes, in parts.

    Numbers are read only from where something is wrong, one by one: there they can be any.
    """
    size = checkpoints.BATCH
    for after in range(0, upto, size):
        last = min(after + size, upto)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT content, hash FROM ledger_entry WHERE seq > %s AND seq <= %s ORDER BY seq",
                [after, last],
            )
            part = cursor.fetchall()
        if len(part) < last - after or not judge.follow(part):
            break
        yield [hash for _content, hash in part]
    for links in checkpoints.links(judge.last, upto) if judge.last < upto else ():
        judge.take_links(links)
        yield [hash for _seq, _content, hash in links]


def _stored(report: Report) -> Iterator[tuple[notes.Note, str]]:
    """The checkpoints in the database. What was done to them themselves goes to the report."""
    trusted: dict[str, list[notes.VerifierKey]] = {}
    for checkpoint in Checkpoint.objects.order_by("size").iterator():
        try:
            name = checkpoint.note.partition("\n")[0]
            if name not in trusted:
                trusted[name] = keys.trusted_keys(name)
            note = notes.verify(checkpoint.note, *trusted[name])
        except notes.NoteError as error:
            note, problem = None, str(error)
        if note and (note.size, note.root) == (checkpoint.size, bytes(checkpoint.root)):
            yield note, f"the checkpoint of {checkpoint.at:%Y-%m-%d %H:%M} UTC"
        else:
            text = f"The stored checkpoint of {checkpoint.size} entries was changed" + (
                f": {problem}" if not note else ": it differs from what was signed."
            )
            report.findings.append(Finding("modified", "ledger_checkpoint", checkpoint.pk, None, text))


def _published(report: Report) -> Iterator[tuple[notes.Note, str]]:
    """The checkpoint that was published last as a file: the database alone does not reach it."""
    try:
        if text := checkpoints.latest():
            yield from _signed([(text, "the checkpoint in the published folder")])
    except (notes.NoteError, OSError, ValueError) as error:
        message = f"The checkpoint in the published folder cannot be trusted: {error}"
        report.findings.append(Finding("modified", None, None, None, message))


def _signed(outside: Sequence[tuple[str, str]]) -> Iterator[tuple[notes.Note, str]]:
    for text, source in outside:
        yield notes.verify(text, *keys.trusted_keys(notes.parse(text).origin)), source


def _against_checkpoints(
    report: Report, trusted: Sequence[tuple[notes.Note, str]], roots: dict[int, bytes], judge: Judge
) -> tuple[int, bool]:
    """Compare; returns how many entries were cut off, and whether any were."""
    good, lost, told = 0, 0, False
    explained = bool(judge.gaps or judge.broken)
    for note, source in sorted(trusted, key=lambda one: one[0].size):
        if note.size > judge.last:
            if note.size > judge.last + lost:
                lost = note.size - judge.last
                report.findings.append(truncated(judge.last, note.size, source))
        elif roots.get(note.size) == note.root:
            good = max(good, note.size)
        elif not told and not explained:
            told = True  # each later one differs too
            report.findings.append(rewritten(good, note.size, source[0].upper() + source[1:]))
    return lost, lost > 0


def read_entries(after: int, upto: int, only: Sequence[int] = ()) -> Iterator[list[tuple[Any, ...]]]:
    """The entries' fields with `at` as it is hashed, then content and hash, in order, in parts."""
    at = (
        """replace(+"at", ' ', 'T') || CASE WHEN instr(+"at", '.') THEN '' ELSE '.000000' END || 'Z'"""
        if connection.vendor == "sqlite"
        else """to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    )
    columns = ", ".join(at if name == "at" else f'"{name}"' for name in [*FIELDS, "content", "hash"])
    some = f"AND seq IN ({', '.join(['%s'] * len(only))})" if only else ""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT {columns} FROM ledger_entry WHERE seq > %s AND seq <= %s {some} "  # noqa: S608
                "ORDER BY seq LIMIT %s",
                [after, upto, *only, BATCH],
            )
            part = cursor.fetchall()
            if not part:
                return
            after = part[-1][0]
            yield part


def _rows(judge: Judge, since: int, upto: int, early: Sequence[int], report: Report) -> Iterator[Finding]:
    """Take the fields of entries, and judge the rows that they recorded."""
    if early:
        for part in read_entries(0, upto, sorted(set(early))[:LIMIT]):
            for *fields, inner, _hash in part:
                judge.take_fields(tuple(fields), bytes(inner))
    for part in read_entries(since - 1, upto):
        sound = [entry for entry in part if judge.take_fields(tuple(entry[:12]), bytes(entry[12]))]
        for seq, table, row, digest, text in texts_of(sound):
            if text is None or format.row_digest(text) != digest:
                if _newest(table, row) != seq:
                    continue  # recorded anew when a migration changed the table
                yield row_deleted(table, row, seq) if text is None else row_modified(table, row, seq)
            report.checked_rows += 1


def sha(text: str) -> str:
    return format.row_digest(text)


def texts_of(part: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, str, int, str, str | None]]:
    """(seq, table, row, digest, text) of entries as `read_entries` gives them; text None: there is none."""
    shapes = {shape.shape: shape.columns for shape in Shape.objects.all()}
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for entry in part:
        groups[entry[2], entry[4]].append(entry)
    for (table, shape), members in groups.items():
        try:
            texts = rows.texts(connection, table, shapes[shape], [entry[3] for entry in members])
        except (KeyError, ValueError):
            texts = {}  # the table or a column is gone; a newer entry may have the row in its new shape
        for entry in members:
            yield entry[0], table, entry[3], entry[5], texts.get(entry[3])


def _newest(table: str, row: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute('SELECT MAX(seq) FROM ledger_entry WHERE "table" = %s AND "row" = %s', [table, row])
        newest: int | None = cursor.fetchone()[0]
    return newest


def _twice(judge: Judge) -> Iterator[Finding]:
    """A second entry of a row that no migration wrote. A row is added once."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT e.seq, e."table", e."row" FROM (SELECT "table", "row", MIN(seq) AS first '
            'FROM ledger_entry GROUP BY "table", "row" HAVING COUNT(*) > 1) d '
            'JOIN ledger_entry e ON e."table" = d."table" AND e."row" = d."row" AND e.seq > d.first '
            "AND e.channel <> 'migration' ORDER BY e.seq LIMIT %s",
            [LIMIT],
        )
        found = cursor.fetchall()
    for seq, table, row in found:
        if seq not in judge.altered:
            text = f"Entry {seq} was put in: row {row} of {table} had its entry before."
            yield Finding("inserted", table, row, seq, text)


def loose() -> Iterator[tuple[str, int]]:
    """(table, key) of rows of governed tables that no entry records."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in sorted(there & governed.governed().keys()):
            key, _columns = entries.columns_of(connection, table)
            cursor.execute(
                f'SELECT t."{key}" FROM "{table}" t WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e '  # noqa: S608
                f'WHERE e."table" = %s AND e."row" = t."{key}") ORDER BY 1 LIMIT %s',
                [table, LIMIT],
            )
            yield from ((table, row) for (row,) in cursor.fetchall())


def _triggers() -> Iterator[Finding]:
    expected = guards.expected(connection.vendor)
    for name in sorted(expected.keys() - guards.standing(connection)):
        table = expected[name].table
        text = (
            f"The trigger {name} on {table} is missing or switched off: what it refuses was possible "
            "meanwhile."
        )
        yield Finding("trigger-missing", table, None, None, text)
