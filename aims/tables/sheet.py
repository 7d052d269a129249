"""What a spreadsheet holds once it is read: a header, and rows of plain values with their addresses."""

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from django.utils.translation import gettext as _

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 20_000
"""Characters."""
HEADER_WITHIN: Final = 20
"""The header is looked for in so many rows: titles and empty rows may stand above it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that holds no value that could be believed; the message says why and what to do."""

    message: str


Value: TypeAlias = str | int | float | bool | Wrong | None
"""Of a cell. A date is text, YYYY-MM-DD. None is an empty cell."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet counts, from 1."""
    values: list[Value]


@dataclass(slots=True)
class Sheet:
    """The header and the rows below it. Every row has as many values as the header has columns."""

    headers: list[str]
    """The text over each column; a column without one is called by its letter."""
    rows: list[Row]
    name: str = ""
    """Of the sheet within its workbook."""
    notes: list[str] = field(default_factory=list)
    """What the person should know of how the file was read."""


class Unreadable(Exception):
    """The file cannot be used as a table; the message says why and what to do."""


def letter(column: int) -> str:
    """The name of a column that counts from 0: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address(column: int, row: int) -> str:
    """A cell as people call it: B17. The column counts from 0, the row from 1."""
    return f"{letter(column)}{row}"


def sheet_of(rows: list[Row], *, name: str = "", notes: list[str] | None = None) -> Sheet:
    """Rows as read from a file, as a header and what is below it; empty rows and columns are passed over.

    The header is the first row with at least two texts. Raises Unreadable where there is none, or nothing
    below it.
    """
    at = next((place for place, row in enumerate(rows[:HEADER_WITHIN]) if _may_be_header(row)), None)
    if at is None:
        raise Unreadable(
            _(
                "The sheet has no row of column names. Write the names of the columns into its first row, "
                "or start from the template."
            )
        )
    below = [row for row in rows[at + 1 :] if any(value is not None for value in row.values)]
    if not below:
        raise Unreadable(_("There is no row below the column names: fill in one row for each system."))
    if len(below) > MAX_ROWS:
        raise too_many_rows()
    head = rows[at].values
    width = max(
        place + 1 for row in [rows[at], *below] for place, value in enumerate(row.values) if value is not None
    )
    headers = [_header(head[place] if place < len(head) else None, place) for place in range(width)]
    return Sheet(
        headers,
        [Row(row.number, (row.values + [None] * width)[:width]) for row in below],
        name,
        notes or [],
    )


def _may_be_header(row: Row) -> bool:
    return sum(isinstance(value, str) for value in row.values) >= 2


def _header(value: Value, column: int) -> str:
    text = " ".join(str(value).split()) if value is not None and not isinstance(value, Wrong) else ""
    return text[:200] or _("Column %(letter)s") % {"letter": letter(column)}


_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def text_value(text: str) -> Value:
    """Text of a cell as a value: stripped, None where nothing is left, Wrong where it cannot be kept."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip().strip("\u200b\ufeff\u00a0")
    if not text:
        return None
    if len(text) > MAX_CELL:
        return Wrong(
            _("The cell holds %(length)d characters and may hold %(most)d: shorten it.")
            % {"length": len(text), "most": MAX_CELL}
        )
    if found := _INVISIBLE.search(text):
        return Wrong(
            _("The cell holds the invisible character U+%(code)04X: delete it.")
            % {"code": ord(found.group())}
        )
    return text


def too_many_rows() -> Unreadable:
    return Unreadable(
        _("The sheet has more than %(most)d rows: divide it, and import the parts one after the other.")
        % {"most": MAX_ROWS}
    )


def too_many_columns() -> Unreadable:
    return Unreadable(
        _("The sheet has more than %(most)d columns: remove those that do not describe systems.")
        % {"most": MAX_COLUMNS}
    )
