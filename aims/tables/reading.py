"""Reads a spreadsheet that somebody sent: CSV or XLSX, told apart by what is in it."""

from typing import Final

from django.utils.translation import gettext as _

from aims.tables.csv_reading import read_csv
from aims.tables.sheet import MAX_BYTES, Sheet, Unreadable
from aims.tables.xlsx_reading import read_xlsx

SUFFIXES: Final = (".csv", ".tsv", ".xlsx")
OLD_SUFFIXES: Final = (".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
"""Spreadsheets that are recognised in order to say what to do with them."""

_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK"


def is_table(name: str) -> bool:
    """Whether a file of this name is a spreadsheet, readable or not."""
    return name.lower().endswith(SUFFIXES + OLD_SUFFIXES)


def read_table(name: str, data: bytes, *, sheet: str = "") -> Sheet:
    """The table in a file; `sheet` names a sheet of a workbook. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(
            _("The file is larger than %(most)d MiB: divide it.") % {"most": MAX_BYTES // 1024**2}
        )
    if not data.strip(b"\0\r\n\t \xef\xbb\xbf"):
        raise Unreadable(_("The file is empty."))
    if data.startswith(_OLE):
        raise Unreadable(
            _(
                "This is an old Excel file (.xls), or one that is protected with a password: save it as "
                ".xlsx without a password, and upload that."
            )
        )
    if data.startswith(_ZIP):
        return read_xlsx(data, sheet)
    if name.lower().endswith((".xlsx", *OLD_SUFFIXES)):
        raise Unreadable(
            _("This is not an XLSX file, although its name says so: save it as .xlsx or as CSV again.")
        )
    return read_csv(data)
