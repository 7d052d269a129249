"""Reads CSV as spreadsheets write it: several encodings, several separators, line breaks in quotes."""

import codecs
import csv
import io
from typing import Final

from django.utils.translation import gettext as _

from aims.tables.sheet import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Sheet,
    Unreadable,
    sheet_of,
    text_value,
    too_many_columns,
    too_many_rows,
)
from aims.tables.writing import original_text

SEPARATORS: Final = ",;\t|"


def read_csv(data: bytes) -> Sheet:
    """The table in a CSV file. Raises Unreadable."""
    text, notes = _decoded(data)
    separator = ""
    if text[:4].lower() == "sep=" and text[4:5]:  # what Excel writes for itself
        separator, text = text[4], text.partition("\n")[2]
    rows = _rows(text, separator or _separator(text), first=2 if separator else 1)
    return sheet_of(rows, notes=notes)


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """The text, and a note where its encoding is a guess."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strictly(data, encoding), []
    start = data[:1000]
    if start.count(0) > len(start) / 10:
        # Of most letters, one of the two bytes is 0: which one says how the pairs stand.
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if start[offset::2].count(0) > len(start) / 4 and start[1 - offset :: 2].count(0) == 0:
                return _strictly(data, encoding), []
        raise Unreadable(
            _("This is not a text file, although its name says CSV: save it again as “CSV UTF-8”.")
        )
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    return _strictly(data, "cp1252"), [
        _(
            "The file is not UTF-8 and was read as Windows-1252. Check that accents and umlauts are right "
            "below; if they are not, save the file as “CSV UTF-8” and upload it again."
        )
    ]


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("The file’s characters cannot be read: save it again as “CSV UTF-8” and upload that.")
        ) from error


def _separator(text: str) -> str:
    """The separator that divides the first lines into most columns, and all alike."""
    start = text[:20_000]

    def columns(separator: str) -> tuple[int, int]:
        try:
            lines = [line for line in csv.reader(io.StringIO(start, newline=""), delimiter=separator) if line]
        except csv.Error:
            return 0, 0
        widths = [len(line) for line in lines[:20]] or [0]
        most = max(widths)
        return sum(width == most for width in widths) if most > 1 else 0, most

    return max(SEPARATORS, key=columns)


def _rows(text: str, separator: str, *, first: int) -> list[Row]:
    """All lines as rows. They count as a spreadsheet counts, where quoted line breaks are none."""
    rows = []
    # The limit on a field is the module's own and holds for everybody; 131,072 characters by default.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = first - 1
    try:
        for number, line in enumerate(lines, first):
            if number - first > MAX_ROWS + 100:
                raise too_many_rows()
            if len(line) > MAX_COLUMNS and any(line[MAX_COLUMNS:]):
                raise too_many_columns()
            rows.append(Row(number, [text_value(original_text(cell)) for cell in line[:MAX_COLUMNS]]))
    except csv.Error as error:
        raise Unreadable(
            _(
                "Row %(row)d cannot be read: a quote is not closed before it, or a cell is longer than "
                "%(most)d characters. Correct it, or save the table as XLSX."
            )
            % {"row": number + 1, "most": MAX_CELL}
        ) from error
    return rows
