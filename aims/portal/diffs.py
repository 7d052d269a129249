"""What changed between two texts: line by line, then word by word inside the lines that changed.

`difflib` compares everything with everything; on long, repetitive text that takes seconds. Two bounds keep
it short: equal beginnings and ends are cut off first, and what then still is too large to compare in
reasonable time is shown as one replacement, which is true, only coarser.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "changed", "removed", "added", "gap"]

#: Lines of unchanged text that are shown around a change.
CONTEXT = 3
#: Largest product of lengths that is handed to `SequenceMatcher` (about 0.1 s in the worst case).
MAX_LINES = 250_000
MAX_WORDS = 40_000

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text; `changed` when it stands on one side only."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison; a side that does not have the line is empty.

    `kind` is "same", "changed" (both sides, word by word), "removed", "added", or "gap": `skipped`
    unchanged lines that are not shown.
    """

    kind: Kind
    before: tuple[Segment, ...] = ()
    after: tuple[Segment, ...] = ()
    skipped: int = 0


def diff_words(before: str, after: str, *, context: int = CONTEXT) -> list[Row]:
    """Compare two texts. Returns no rows when they are equal; line ends of any kind count as the same."""
    old, new = before.splitlines(), after.splitlines()
    if old == new:
        return []
    rows: list[Row] = []
    for tag, i1, i2, j1, j2 in _opcodes(old, new, MAX_LINES):
        if tag == "equal":
            rows += [Row("same", (Segment(line),), (Segment(line),)) for line in old[i1:i2]]
        else:
            rows += _changed_lines(old[i1:i2], new[j1:j2])
    return list(_fold(rows, context))


def _changed_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """Pair lines in their order: of a block that was edited, the n-th line became the n-th."""
    for before, after in zip(old, new, strict=False):
        yield Row("changed", *_words(before, after))
    for line in old[len(new) :]:
        yield Row("removed", before=(Segment(line, changed=True),))
    for line in new[len(old) :]:
        yield Row("added", after=(Segment(line, changed=True),))


def _words(before: str, after: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    left: list[Segment] = []
    right: list[Segment] = []
    for tag, i1, i2, j1, j2 in _opcodes(old, new, MAX_WORDS):
        if i2 > i1:
            left.append(Segment("".join(old[i1:i2]), tag != "equal"))
        if j2 > j1:
            right.append(Segment("".join(new[j1:j2]), tag != "equal"))
    return tuple(left), tuple(right)


def _opcodes(old: Sequence[str], new: Sequence[str], bound: int) -> Iterator[tuple[str, int, int, int, int]]:
    """`SequenceMatcher.get_opcodes`, with equal ends cut off and a bound on what lies between."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    i2, j2 = len(old) - tail, len(new) - tail
    if head:
        yield "equal", 0, head, 0, head
    if (i2 - head) * (j2 - head) > bound:
        yield "replace", head, i2, head, j2
    else:
        for tag, a1, a2, b1, b2 in SequenceMatcher(None, old[head:i2], new[head:j2]).get_opcodes():
            yield tag, head + a1, head + a2, head + b1, head + b2
    if tail:
        yield "equal", i2, len(old), j2, len(new)


def _fold(rows: Sequence[Row], context: int) -> Iterator[Row]:
    """Replace long stretches of unchanged rows by one "gap"; a gap of a single line is not worth one."""
    changes = [n for n, row in enumerate(rows) if row.kind != "same"]
    shown = {n for change in changes for n in range(change - context, change + context + 1)}
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and end not in shown:
            end += 1
        if end - start > 1:
            yield Row("gap", skipped=end - start)
        else:
            yield from rows[start:end]
        if end < len(rows):
            yield rows[end]
        start = end + 1
