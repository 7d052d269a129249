"""Rows of plain values as CSV and as XLSX, such that no cell of text can ever become a formula.

Whoever may name a system could otherwise have a spreadsheet compute, or send data away, on the machine of the
person who opens the list (CWE-1236).
"""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Any, Final, TypeAlias

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Cell: TypeAlias = str | int | float | dt.date | dt.datetime | None
"""A bool is an int. A time is written as it reads: bring it to the reader's time zone first."""

Row: TypeAlias = Sequence[Cell]

MAX_TEXT: Final = 32_767
"""What a cell of XLSX holds, in UTF-16 units."""
MAX_EXACT: Final = 10**15
"""From here on a spreadsheet rounds whole numbers, so they are written as text."""

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so XLSX, cannot hold (https://www.w3.org/TR/xml/#charsets); CSV readers stumble over it."""
_SIGNS: Final = "=+\\-@＝＋－＠﹦﹢﹣﹫"
"""With what a formula may begin, in all widths."""
_STARTS: Final = re.compile(rf"[\t\r\n]|\s*[{_SIGNS}#]")
"""With `#` an error value begins, which XLSX has a type for."""
_STARTS_A_CELL: Final = re.compile(rf"\A(?=[\t\r\n])|(?:\A|[;\t\r\n])(?=\s*[{_SIGNS}])")
"""In CSV a cell also begins behind a semicolon, a tab or a line break, for programs that take these for the
separator: Excel does in half of Europe, whatever is quoted."""
_ESCAPED: Final = re.compile(rf"(\A)'(?=[\t\r\n])|(\A|[;\t\r\n])'(?=\s*[{_SIGNS}])")

_SAMPLE: Final = 200
"""Rows by which the widths of the columns are chosen."""
_NARROWEST, _WIDEST = 8, 60


# --- CSV ----------------------------------------------------------------------------------------------------


def csv_chunks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The table as CSV (RFC 4180) in UTF-8, piece by piece; the mark at its start tells Excel the encoding.

    Text is quoted, numbers are not; true and false are words, days and times as ISO 8601 writes them. A `'`
    stands before what a spreadsheet would take for a formula.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    buffer.write("\ufeff")
    for row in chain([header], rows):
        writer.writerow([_csv_value(value) for value in row])
        if buffer.tell() > 65_536:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def original_text(text: str) -> str:
    """The text for which a cell of such a CSV file stands, without the `'` before what is no formula."""
    return _ESCAPED.sub(r"\1\2", text)


def _csv_value(value: Cell) -> str | int | float:
    match value:
        case None:
            return ""
        case str():
            return _STARTS_A_CELL.sub(lambda found: f"{found.group()}'", _FORBIDDEN.sub("", value))
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return value.replace(tzinfo=None).isoformat(" ", "seconds")
        case dt.date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return ""
        case _number:
            return value


# --- XLSX ---------------------------------------------------------------------------------------------------


def write_xlsx(file: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Row]) -> None:
    """The table as the one sheet of a workbook: a bold header that stays in view, real numbers and days.

    Written row by row; `file` must be seekable.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE))
    for number, label in enumerate(header):
        widest = max([len(label), *(_width(row[number]) for row in sample)])
        letter = get_column_letter(number + 1)
        sheet.column_dimensions[letter].width = min(max(widest + 2, _NARROWEST), _WIDEST)
    bold = Font(bold=True)
    sheet.append([_bold(_text_cell(sheet, label), bold) for label in header])
    count = 1
    for count, row in enumerate(chain(sample, rows), 2):  # noqa: B007  (the last one is the number of rows)
        sheet.append([_xlsx_value(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{count}"
    book.save(file)


def _width(value: Cell) -> int:
    match value:
        case str():
            return len(value.split("\n", 1)[0])
        case dt.datetime():
            return 19
        case dt.date():
            return 10
        case _other:
            return len(str(value or ""))


def _xlsx_value(sheet: Any, value: Cell) -> Cell | SheetCell:
    match value:
        case str():
            text = _fitting(_FORBIDDEN.sub("", value))
            return _text_cell(sheet, text) if _STARTS.match(text) else text or None
        case dt.datetime():
            return value.replace(tzinfo=None, microsecond=0)
        case float() if not math.isfinite(value):
            return None
        case int() if abs(value) >= MAX_EXACT:
            return str(value)
        case _other:
            return value


def _text_cell(sheet: Any, text: str) -> SheetCell:
    """A cell that is text whatever it begins with, also after somebody edits it."""
    cell = WriteOnlyCell(sheet)
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _bold(cell: SheetCell, font: Font) -> SheetCell:
    cell.font = font
    return cell


def _fitting(text: str) -> str:
    """The text, cut with a note where a cell cannot hold it."""
    if len(text) * 2 <= MAX_TEXT or len(text.encode("utf-16-le")) // 2 <= MAX_TEXT:
        return text
    note = _(" […cut here: a cell holds no more than %(limit)d characters]") % {"limit": MAX_TEXT}
    room = (MAX_TEXT - len(note.encode("utf-16-le")) // 2) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + note
