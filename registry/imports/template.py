"""The spreadsheet to fill in and import, and the table of rows that an import refused."""

import io

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from aims.tables.sheet import MAX_ROWS, Value, Wrong
from aims.tables.writing import Cell, csv_chunks
from registry import schema
from registry.imports.fields import FIELDS, REQUIRED, Field
from registry.imports.mapping import PROBLEM
from registry.imports.preview import place_of
from registry.imports.uploads import cells_of
from registry.models import ImportBatch, ImportRow

COLUMNS = [of for of in FIELDS.values() if not of.derived]
"""What a person fills in; what the portal derives is not asked for."""

HEAD = PatternFill("solid", fgColor="E0F0F2")
LISTED_ROWS = 5_000
"""So far down a cell offers its values."""


def template_csv() -> bytes:
    """A CSV file with the names of the columns, as spreadsheet programs open it without asking."""
    return b"".join(csv_chunks([of.label for of in COLUMNS], []))


def template_xlsx() -> bytes:
    """A workbook: the sheet to fill in, whose cells offer the allowed values, and two sheets that explain."""
    book = Workbook()
    systems = book.active
    assert isinstance(systems, Worksheet)
    systems.title = _("Systems")
    values = book.create_sheet(_("Allowed values"))
    about = book.create_sheet(_("Columns"))
    for column, of in enumerate(COLUMNS, 1):
        head = systems.cell(1, column, of.label)
        head.font, head.fill = Font(bold=True), HEAD
        head.alignment = Alignment(vertical="center")
        systems.column_dimensions[get_column_letter(column)].width = max(16, len(of.label) + 3)
    systems.freeze_panes = "C2"
    listed = [of for of in COLUMNS if of.kind in ("choice", "yes_no")]
    for place, of in enumerate(listed, 1):
        allowed = list(of.options) if of.kind == "choice" else [_("yes"), _("no")]
        values.cell(1, place, of.label).font = Font(bold=True)
        for line, value in enumerate(allowed, 2):
            values.cell(line, place, value)
        name = get_column_letter(place)
        values.column_dimensions[name].width = max(20, len(of.label) + 3)
        source = f"'{values.title}'!${name}$2:${name}${len(allowed) + 1}"
        offered = DataValidation(type="list", formula1=source, allow_blank=True)
        offered.error = _("Choose one of the values of the list.")
        offered.errorTitle = of.label
        where = get_column_letter(COLUMNS.index(of) + 1)
        offered.add(f"{where}2:{where}{min(LISTED_ROWS, MAX_ROWS)}")
        systems.add_data_validation(offered)
    _explain(about)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _explain(about: Worksheet) -> None:
    about.append([_("Column"), _("Needed"), _("What belongs there"), _("Example")])
    for cell in about[1]:
        cell.font = Font(bold=True)
    for of in COLUMNS:
        about.append([of.label, _("yes") if of.path in REQUIRED else "", of.help, _example(of)])
    for name, width in (("A", 26), ("B", 10), ("C", 90), ("D", 40)):
        about.column_dimensions[name].width = width
    for row in about.iter_rows(min_row=2, min_col=3, max_col=4):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _example(of: Field) -> str:
    match of.kind:
        case "choice":
            return next(iter(of.options))
        case "yes_no":
            return _("yes")
        case "sources":
            return "handbook | s3://example-kb/handbook/; tickets | s3://example-kb/tickets/"
    example = next(iter(schema.field_at(of.path).examples or []), "")
    return "; ".join(example) if isinstance(example, list) else str(example)


def refused_csv(batch: ImportBatch) -> bytes:
    """The refused rows of an import with the reasons, to be mended and uploaded again."""
    rows = batch.rows.filter(status=ImportRow.Status.REFUSED).defer("document", "before")
    if batch.headers is None:
        return b"".join(csv_chunks([_("File"), PROBLEM], ([row.source, _why(batch, row)] for row in rows)))
    return b"".join(
        csv_chunks(
            [*batch.headers, PROBLEM],
            ([*map(_cell, cells_of(row.raw)), _why(batch, row)] for row in rows),
        )
    )


def _cell(value: Value) -> Cell:
    return None if isinstance(value, Wrong) else value


def _why(batch: ImportBatch, row: ImportRow) -> str:
    return " ".join(f"{place_of(batch, problem)}: {problem[2]}" for problem in row.problems)
