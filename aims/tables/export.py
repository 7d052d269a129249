"""Any list as a file to download: its columns are declared once, its address is the list's with `?format=`.

if (wanted := export.wanted(request.GET)) is not None:
    return export.response(wanted, _("Suppliers"), COLUMNS, found.suppliers.iterator())
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Generic, Literal, TypeVar, get_args

from django.core.exceptions import BadRequest
from django.http import FileResponse, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _

from aims.tables import writing

Format = Literal["csv", "xlsx"]
Thing = TypeVar("Thing")

TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IN_MEMORY: Final = 4 * 1024 * 1024
"""A larger file is written to disk on its way out."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Thing]):
    """A column of a list: its heading, and what a row shows in it."""

    label: str | Promise
    value: Callable[[Thing], writing.Cell]


def wanted(params: QueryDict) -> Format | None:
    """The format of file that `?format=` asks for; None where the page is wanted. Raises BadRequest for a
    word that is no format."""
    word = params.get("format", "")
    for known in get_args(Format):
        if word == known:
            return known  # type: ignore[no-any-return]
    if word:
        raise BadRequest(_("This list can be had as csv or xlsx, not as “%(word)s”.") % {"word": word[:20]})
    return None


def response(
    format: Format, name: str, columns: Sequence[Column[Thing]], things: Iterable[Thing]
) -> FileResponse:
    """The things as a file called after the list and today: `ai-systems-2026-11-24.xlsx`.

    It is complete before the first byte leaves, so that an error is an error and not half a file. Memory does
    not grow with the number of things as long as `things` does not hold them (`queryset.iterator()`).
    """
    file = spool()
    header = [str(column.label) for column in columns]
    rows = _rows(columns, things)
    if format == "csv":
        for chunk in writing.csv_chunks(header, rows):
            file.write(chunk)
    else:
        writing.write_xlsx(file, name, header, rows)
    return download(file, f"{slugify(name)}.{format}", TYPES[format])


def spool() -> IO[bytes]:
    """A file to write a download into."""
    return SpooledTemporaryFile(IN_MEMORY)


def download(file: IO[bytes], name: str, content_type: str) -> FileResponse:
    """What was written, under the name and today: `records.zip` is saved as `records-2026-11-24.zip`."""
    file.seek(0)
    stem, _dot, suffix = name.rpartition(".")
    dated = f"{stem}-{timezone.localdate().isoformat()}.{suffix}"
    return FileResponse(file, as_attachment=True, filename=dated, content_type=content_type)


def _rows(columns: Sequence[Column[Thing]], things: Iterable[Thing]) -> Iterator[writing.Row]:
    for thing in things:
        yield [_local(column.value(thing)) for column in columns]


def _local(value: writing.Cell) -> writing.Cell:
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value
