"""Verifies an export of the ledger, without the portal: `python verify_ledger.py export.jsonl`.

A single file that needs Python 3.11 and the package `cryptography`. The portal's own verifier judges by the
same functions. Exit code 0: all as written (or nothing to verify); 1: something was changed; 2: the export,
the key or the checkpoint cannot be read.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

SEPARATOR = "\x1f"
GENESIS = bytes(32)
LIMIT = 1000
"""Findings of one kind that are listed; the rest is the same story."""
NEAR = 50
"""Entries that are tried for the place where a moved one stood."""
FIELDS = [
    "seq",
    "at",
    "table",
    "row",
    "shape",
    "digest",
    "about",
    "actor",
    "role",
    "channel",
    "act",
    "reason",
]


class Unusable(Exception):
    """What was given cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. `kind`: modified, deleted, inserted, reordered, truncated,
    trigger-missing."""

    kind: str
    table: str | None
    row: int | None
    seq: int | None
    message: str


Fields = tuple[Any, ...]
"""The values of FIELDS, `at` as text."""


def content(fields: Sequence[Any]) -> bytes:
    """SHA-256 over an entry's fields."""
    return sha256(SEPARATOR.join(map(str, fields)).encode()).digest()


class Judge:
    """Takes the entries in order, then says what is wrong with them."""

    def __init__(self, first: int = 1, previous: bytes = GENESIS) -> None:
        self.count, self.first, self.last = 0, first, first - 1
        self.gaps: list[tuple[int, int]] = []
        self.broken: dict[int, tuple[bytes, bytes, bytes, bytes, bytes]] = {}
        self.altered: dict[int, tuple[Fields, bytes]] = {}
        self.shifted: list[list[int]] = []
        """[by how much, first, last] of entries that stand beside where they were written."""
        self._hash = self._before = self._computed = previous

    def follow(self, links: Sequence[tuple[bytes, bytes]]) -> bool:
        """Take (content, hash) of the very next entries if each follows from the last; else take none."""
        now, digest = self._hash, sha256
        for inner, hash in links:
            now = digest(now + inner).digest()
            if now != hash:
                return False
        if links:
            self._before = bytes(links[-2][1]) if len(links) > 1 else self._hash
            self._hash = self._computed = now
            self.count += len(links)
            self.last += len(links)
        return True

    def take_links(self, links: Iterable[tuple[int, bytes, bytes]]) -> None:
        """(seq, content, hash) of the next entries, whatever is wrong with them."""
        seq, previous, before, computed, digest = self.last, self._hash, self._before, self._computed, sha256
        for number, inner, hash in links:
            seq += 1
            if number != seq:
                self.gaps.append((seq, number - 1))
                seq = number
            now = digest(previous + inner).digest()
            if now != hash and len(self.broken) < LIMIT:
                self.broken[seq] = (inner, hash, previous, before, computed)
            before, previous, computed = previous, hash, now
            self.count += 1
        self.last, self._hash, self._before, self._computed = seq, previous, before, computed

    def take_fields(self, fields: Fields, inner: bytes) -> bool:
        """The fields of an entry and the digest over them. Returns whether its row can be judged by it."""
        if content(fields) == inner:
            return True
        seq, rest = fields[0], fields[1:]
        for shift in (-1, 1):
            if content((seq + shift, *rest)) == inner:
                run = self.shifted[-1] if self.shifted else [0, 0, 0]
                if run[0] == shift and run[2] == seq - 1:
                    run[2] = seq
                else:
                    self.shifted.append([shift, seq, seq])
                return True
        if len(self.altered) < LIMIT:
            self.altered[seq] = (fields, inner)
        return False

    def findings(self) -> list[Finding]:
        """What was done to the entries themselves."""
        found: list[Finding] = []
        gone = {seq for first, last in self.gaps for seq in range(first, min(last, first + LIMIT) + 1)}
        moved = self._moved(gone)
        told = set(gone)
        for seq, origin in sorted(moved.items()):
            told.add(seq)
            fields = self.altered[seq][0]
            found.append(
                Finding(
                    "reordered", fields[2], fields[3], seq,
                    f"Entry {seq} was written as entry {origin}: the order was changed.",
                )
            )  # fmt: skip
        found += self._shifts(set(moved.values()), told)
        for seq, (fields, _inner) in sorted(self.altered.items()):
            if seq not in told:
                told.add(seq)
                found.append(
                    Finding(
                        "modified", fields[2], fields[3], seq,
                        f"Entry {seq} (row {fields[3]} of {fields[2]}) was changed after it was written. "
                        "Its digest covers all fields at once, so which of them cannot be told.",
                    )
                )  # fmt: skip
        for first, last in self.gaps:
            # Not where an entry was moved from, nor the emptiness in front of where it was moved to.
            if not ((first == last and first in moved.values()) or last + 1 in moved):
                which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
                found.append(Finding("deleted", None, None, first, f"{which} gone."))
        for seq, (inner, hash, previous, before, computed) in sorted(self.broken.items()):
            if seq in told or seq - 1 in told or sha256(computed + inner).digest() == hash:
                continue  # it has been told why, or the hash before it is what was changed
            told.add(seq)
            if before != previous and sha256(before + inner).digest() == hash:
                text = f"Entry {seq - 1} was put in: entry {seq} follows from the one before it."
                found.append(Finding("inserted", None, None, seq - 1, text))
            else:
                text = (
                    f"Entry {seq} does not follow from entry {seq - 1}: one of the two was changed after it "
                    "was written, in which field cannot be told."
                )
                found.append(Finding("modified", None, None, seq, text))
        return found

    @property
    def missing(self) -> int:
        """How many rows may stand without their entry because of what was done to entries."""
        return sum(last - first + 1 for first, last in self.gaps) + len(self.shifted) + len(self.altered)

    def _moved(self, gone: set[int]) -> dict[int, int]:
        """Where altered entries were written, of those that nothing else was done to."""
        places = [*sorted(gone)[:NEAR], *sorted(self.altered)[:NEAR]]
        for shift, first, last in self.shifted[:NEAR]:
            places += [first + shift, last + shift, first, last]
        moved = {}
        for seq, (fields, inner) in self.altered.items():
            for place in places:
                if content((place, *fields[1:])) == inner:
                    moved[seq] = place
                    break
        return moved

    def _shifts(self, origins: set[int], told: set[int]) -> list[Finding]:
        found = []
        placed = {seq for _shift, first, last in self.shifted for seq in (first, last)}
        written = {seq + shift for shift, first, last in self.shifted for seq in (first, last)} | origins
        for shift, first, last in self.shifted:
            told.update((first, last))
            span = f"Entry {first} was" if first == last else f"Entries {first} to {last} were"
            if shift < 0 and first - 1 not in placed and first - 1 not in told:
                told.add(first - 1)
                text = f"Entry {first - 1} was put in: {span.lower()} written one number earlier."
                found.append(Finding("inserted", None, None, first - 1, text))
            elif shift > 0 and first not in written:
                text = f"The entry that was number {first} is gone: {span.lower()} written one number later."
                found.append(Finding("deleted", None, None, first, text))
            else:
                text = (
                    f"{span} written one number {'earlier' if shift < 0 else 'later'}: the order was changed."
                )
                found.append(Finding("reordered", None, None, first, text))
        return found


def row_modified(table: str, row: int, seq: int) -> Finding:
    return Finding(
        "modified", table, row, seq,
        f"Row {row} of {table} is not what entry {seq} recorded: it was changed after it was written. "
        "Its digest covers all columns at once, so which of them cannot be told.",
    )  # fmt: skip


def row_deleted(table: str, row: int, seq: int) -> Finding:
    return Finding("deleted", table, row, seq, f"Row {row} of {table}, which entry {seq} recorded, is gone.")


def rows_without_entry(
    rows: Sequence[tuple[str, int]], altered: int, missing: int, cut: bool
) -> list[Finding]:
    """Rows that no entry records: put in past the trigger, unless so many entries were lost or changed."""
    if len(rows) <= altered:
        kind, why = "modified", "it may be the one whose entry was changed"
    elif len(rows) <= missing:
        kind, why = ("truncated" if cut else "deleted"), "its entry is among those that were lost or changed"
    else:
        kind, why = "inserted", "it was put in past the trigger, or its entry was removed"
    return [
        Finding(kind, table, row, None, f"Row {row} of {table} has no entry: {why}.")
        for table, row in rows[:LIMIT]
    ]


def truncated(last: int, size: int, source: str) -> Finding:
    return Finding(
        "truncated", "ledger_entry", None, last + 1,
        f"The ledger ends with entry {last}, but {source} was signed over {size} entries: the tail was cut "
        "off.",
    )  # fmt: skip


def rewritten(good: int, size: int, source: str) -> Finding:
    return Finding(
        "modified", "ledger_entry", None, good + 1,
        f"{source} was signed over other entries: of entries {good + 1} to {size} at least one was changed "
        "and the chain written anew.",
    )  # fmt: skip


# --- Without the portal ------------------------------------------------------------------------------------


class Tree:
    """The Merkle tree of RFC 6962, as the roots of its perfect subtrees."""

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size, self.nodes = size, list(nodes)

    def add(self, data: bytes) -> None:
        top, rest = sha256(b"\x00" + data).digest(), self.size
        while rest & 1:
            top, rest = sha256(b"\x01" + self.nodes.pop() + top).digest(), rest >> 1
        self.nodes.append(top)
        self.size += 1

    def root(self) -> bytes:
        top = self.nodes[-1] if self.nodes else sha256().digest()
        for part in reversed(self.nodes[:-1]):
            top = sha256(b"\x01" + part + top).digest()
        return top


def signed_checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """(size, root) of a signed note. Raises Unusable unless the verifier key has signed it."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (the portal has its own reading)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        name, key_id, encoded = key.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)[1:]
        text, _, signatures = note.rpartition("\n\n")
        _origin, size, root, *_rest = text.split("\n")
        for line in signatures.splitlines():
            dash, signer, signature = line.split(" ", 2)
            data = base64.b64decode(signature, validate=True)
            if dash == "—" and signer == name and data[:4].hex() == key_id:
                Ed25519PublicKey.from_public_bytes(public).verify(data[4:], (text + "\n").encode())
                return int(size), base64.b64decode(root, validate=True)
    except InvalidSignature:
        raise Unusable("The checkpoint's signature is not valid: its text was changed.") from None
    except ValueError as error:
        raise Unusable(f"The checkpoint or the key cannot be read: {error}") from error
    raise Unusable("The checkpoint was not signed by this key.")


def _state(entry: dict[str, Any]) -> str:
    """What became of the row that an entry recorded; empty: it is as it was."""
    if entry["text"] is None:
        return "gone"
    return "" if sha256(entry["text"].encode()).hexdigest() == entry["digest"] else "changed"


def verify(path: Path, key: str = "", outside: Sequence[Path] = ()) -> dict[str, Any]:
    """Judge an export; what `manage.py ledger verify --json` would say of it. Raises Unusable."""
    newest: dict[tuple[str, int], tuple[int, str]] = {}
    loose: list[tuple[str, int]] = []
    judge, tree, header = Judge(), Tree(), {}
    try:
        notes = [(file.read_text(encoding="utf-8"), f"the checkpoint {file.name}") for file in outside]
        signed: list[tuple[int, bytes, str]] = []
        roots: dict[int, bytes] = {}
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                part = json.loads(line)
                kind = part.pop("kind")
                if kind == "header":
                    header, tree = part, Tree(part["from"] - 1, map(bytes.fromhex, part["frontier"]))
                    judge = Judge(part["from"], bytes.fromhex(part["previous"]))
                    signed = [(*signed_checkpoint(note, key or part["key"]), where) for note, where in notes]
                    roots[tree.size] = tree.root()
                elif not header:
                    raise Unusable("The export does not begin with its header.")
                elif kind == "checkpoint" and not judge.count:
                    size, root = signed_checkpoint(part["note"], key or header["key"])
                    signed.append((size, root, "the checkpoint in the export"))
                elif kind == "entry":
                    inner, hash = bytes.fromhex(part["content"]), bytes.fromhex(part["hash"])
                    judge.take_links([(part["seq"], inner, hash)])
                    tree.add(hash)
                    if any(size == tree.size for size, _root, _source in signed):
                        roots[tree.size] = tree.root()
                    if judge.take_fields(tuple(part[name] for name in FIELDS), inner):
                        newest[part["table"], part["row"]] = (part["seq"], _state(part))
                elif kind == "row":
                    loose.append((part["table"], part["row"]))
                elif kind != "shape":
                    raise Unusable(f"Line {number + 1} is of an unknown kind, {kind!r}, or out of place.")
        if not header:
            raise Unusable("The export is empty.")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f"This is no export of the ledger: {type(error).__name__}: {error}") from error

    findings = judge.findings()
    for (table, row), (seq, state) in newest.items():
        if state:
            findings.append(
                row_deleted(table, row, seq) if state == "gone" else row_modified(table, row, seq)
            )
    promised, lost = header["from"] - 1 + header["entries"], 0
    explained = bool(judge.gaps or judge.broken)
    if judge.last < promised:
        lost = promised - judge.last
        findings.append(truncated(judge.last, promised, "the export"))
    for size, root, source in sorted(signed):
        if size > judge.last + lost:
            lost = size - judge.last
            findings.append(truncated(judge.last, size, source))
        elif header["from"] - 1 <= size <= judge.last and roots.get(size) != root and not explained:
            explained = True  # each later one differs too
            findings.append(rewritten(header["from"] - 1, size, source[0].upper() + source[1:]))
    findings += rows_without_entry(loose, len(judge.altered), judge.missing + lost, lost > 0)
    status = "failed" if findings else "ok" if judge.count else "empty"
    return {
        "status": status,
        "entries": judge.count,
        "checked_rows": len(newest),
        "findings": [asdict(finding) for finding in findings],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Verifies an export of the ledger.")
    parser.add_argument("export", type=Path, help="the file that `manage.py ledger export` wrote")
    parser.add_argument(
        "--key", default="", help="the portal's verifier key, got by another way than the export"
    )
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="a checkpoint that was kept elsewhere"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args()
    try:
        result = verify(options.export, options.key, options.checkpoint)
    except (Unusable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        words = {"ok": "All as written", "failed": "CHANGED", "empty": "Nothing to verify"}
        counts = f"{result['entries']} entries, {result['checked_rows']} rows"
        sys.stdout.write(f"{words[result['status']]}: {counts}.\n")
        for finding in result["findings"]:
            sys.stdout.write(f"  {finding['kind']}: {finding['message']}\n")
    if not options.key:
        sys.stderr.write("The key is the export's own: give --key to know who signed it.\n")
    return 1 if result["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
