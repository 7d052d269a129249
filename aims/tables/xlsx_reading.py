"""Reads the first sheet of an XLSX workbook, or a named one, as a table.

openpyxl knows the format. Before it sees the file, every part is weighed as it inflates, and the sheet is
walked once by a parser that keeps nothing: openpyxl would hold a row of ten million cells in memory, and with
cached values it cannot tell an empty cell from a formula that was never worked out.
"""

import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from aims.tables.archive import DAMAGED, TooLarge, open_zip, read_bounded
from aims.tables.sheet import (
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Sheet,
    Unreadable,
    Value,
    Wrong,
    address,
    sheet_of,
    text_value,
    too_many_columns,
    too_many_rows,
)

LARGE: Final = 64 * 1024 * 1024
"""What a sheet, or all texts of a workbook, may inflate to."""
SMALL: Final = 8 * 1024 * 1024
"""What any other part may."""
MAX_ELEMENTS: Final = 8_000_000
"""Of a sheet: 20,000 rows of 200 cells with two elements each."""
LAST_ROW: Final = 1_048_576
"""That a spreadsheet may have."""
CELL: Final = re.compile(r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})")


def read_xlsx(data: bytes, sheet: str = "") -> Sheet:
    """The table in a workbook: in the sheet of that name, else in the first visible one that holds any text.

    Raises Unreadable.
    """
    outlines = _looked_through(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        return _sheet(book, sheet, outlines)
    except Unreadable:
        raise
    except Exception as error:  # whatever a hostile file makes openpyxl stumble over, it is the file's fault
        raise _damaged() from error


def _damaged() -> Unreadable:
    return Unreadable(
        _("The workbook is damaged or no XLSX: open it in a spreadsheet program and save it as .xlsx again.")
    )


# --- Before openpyxl ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Outline:
    """What a walk through a sheet found: how far its values reach, and formulas that have none."""

    width: int = 0
    height: int = 0
    unfinished: set[str] = field(default_factory=set)


def _looked_through(data: bytes) -> dict[str, _Outline]:
    """Sheet, by its part of the workbook -> its outline. Raises Unreadable for what is not to be opened."""
    archive = open_zip(data)
    names = set(archive.namelist())
    if "mimetype" in names or "content.xml" in names:
        raise Unreadable(
            _("This is an OpenDocument file (.ods): save it as .xlsx or as CSV, and upload that.")
        )
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Unreadable(
            _("The workbook holds macros: save it as .xlsx, which leaves them out, and upload that.")
        )
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _damaged()
    outlines = {}
    for info in archive.infolist():
        is_sheet = info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml")
        large = is_sheet or info.filename.endswith("sharedStrings.xml")
        content = _part(archive, info, LARGE if large else SMALL)
        if is_sheet:
            outlines[info.filename] = _outline(content)
        elif b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise _damaged()
    return outlines


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.flag_bits & 0x1:
        raise Unreadable(_("The workbook is protected with a password: save it without one."))
    try:
        return read_bounded(archive, info, most=most)
    except TooLarge:
        raise Unreadable(
            _("Unpacked, the workbook is too large: remove pictures and sheets that are not needed.")
        ) from None
    except DAMAGED as error:
        raise _damaged() from error


def _outline(content: bytes) -> _Outline:
    """Raises Unreadable for a sheet with too much in it, or that declares entities."""
    found = _Outline()
    row = column = elements = 0
    formula = value = within = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, elements, formula, value, within
        match name.rpartition(":")[2]:
            case "row":
                row, column = int(attributes.get("r") or row + 1), 0
            case "c":
                named = CELL.fullmatch(attributes.get("r", ""))
                column = column_index_from_string(named["column"]) if named else column + 1
                row = int(named["row"]) if named else row
                # A formula that gives an empty text is finished, and its cell empty.
                formula, value, within = False, attributes.get("t") == "str", False
            case "f":
                formula = True
            case "v" | "is":
                within = True
        elements += 1
        if elements > MAX_ELEMENTS:
            raise too_many_rows()

    def text(_text: str) -> None:
        nonlocal value
        value = value or within

    def end(name: str) -> None:
        if name.rpartition(":")[2] != "c" or not (formula or value):
            return
        if not value:
            found.unfinished.add(address(column - 1, row))
        found.width, found.height = max(found.width, column), max(found.height, row)
        if found.width > MAX_COLUMNS:
            raise too_many_columns()
        if found.height > LAST_ROW:
            raise too_many_rows()

    def refuse(*_declaration: Any) -> None:
        raise _damaged()

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise _damaged() from error
    return found


# --- With openpyxl -----------------------------------------------------------------------------------------


def _sheet(book: Any, wanted: str, outlines: dict[str, _Outline]) -> Sheet:
    sheets = list(book.worksheets)
    if wanted:
        named = [each for each in sheets if each.title.casefold() == wanted.strip().casefold()]
        if not named:
            raise Unreadable(
                _("The workbook has no sheet “%(name)s”. It has: %(names)s.")
                % {"name": wanted, "names": ", ".join(each.title for each in sheets)}
            )
        sheets = named
    visible = [each for each in sheets if wanted or each.sheet_state == "visible"]
    reasons = []
    for each in visible:
        rows = _rows(each, outlines.get(_part_of(each), _Outline()))
        try:
            found = sheet_of(rows, name=each.title)
        except Unreadable as error:
            reasons.append(error)
            continue
        others = [other.title for other in visible if other is not each]
        if others and not wanted:
            found.notes.append(
                _("The sheet “%(name)s” was read, and no other (%(others)s).")
                % {"name": each.title, "others": ", ".join(others)}
            )
        return found
    raise reasons[0] if reasons else _damaged()


def _part_of(sheet: Any) -> str:
    """The name within the archive of a sheet that is opened for reading."""
    return str(sheet._worksheet_path).lstrip("/")


def _rows(sheet: Any, outline: _Outline) -> list[Row]:
    if not outline.width:
        return []
    rows: list[Row] = []
    cells = sheet.iter_rows(max_row=outline.height, max_col=outline.width)
    for number, line in enumerate(cells, 1):
        values = [_value(cell) for cell in line]
        if outline.unfinished:
            for column, value in enumerate(values):
                if value is None and address(column, number) in outline.unfinished:
                    values[column] = _never_worked_out()
        if any(value is not None for value in values):
            rows.append(Row(number, values))
            if len(rows) > MAX_ROWS + 100:
                raise too_many_rows()
    return rows


def _never_worked_out() -> Wrong:
    return Wrong(
        _(
            "The formula here has no value yet: open the file in a spreadsheet program, save it, and "
            "upload it again, or write the value itself."
        )
    )


ERRORS: Final = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")


def _value(cell: Any) -> Value:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "e" or (isinstance(value, str) and ERRORS.fullmatch(value)):
        return Wrong(
            _("The formula here gives %(error)s: repair it, or write the value itself.")
            % {"error": text_value(str(value))}
        )
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return text_value(str(value))
