"""Takes files in: YAML records, ZIP files of them, or one spreadsheet, kept as rows of an import."""

import datetime as dt
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.accounts.models import User
from aims.tables import archive
from aims.tables.reading import is_table, read_table
from aims.tables.sheet import MAX_ROWS, Sheet, Unreadable, Value, Wrong
from registry import yaml_document
from registry.imports import mapping as mappings
from registry.imports.errors import AlreadyImported, CannotRead
from registry.imports.progress import SILENT, Progress
from registry.models import ImportBatch, ImportRow
from registry.yaml_document import DocumentErrors, Problem, printable

MAX_FILES: Final = 500
"""Chosen one by one; a ZIP file may hold more."""
MAX_TOTAL_BYTES: Final = 20 * 1024 * 1024
FORGOTTEN_AFTER: Final = dt.timedelta(days=30)
"""What was uploaded and not confirmed for so long goes with the person's next upload."""
YAML: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file. One that could not be read even so far comes with its problems instead of data."""

    name: str
    data: bytes = b""
    problems: tuple[Problem, ...] = ()


@transaction.atomic
def upload(files: Sequence[File], *, by: User, sheet: str = "", progress: Progress = SILENT) -> ImportBatch:
    """Keep what was uploaded, with a first reading of a spreadsheet's columns. Raises CannotRead."""
    progress.tell(_("Reading"))
    forgotten = timezone.now() - FORGOTTEN_AFTER
    ImportBatch.objects.filter(by=by, applied_at__isnull=True, created_at__lt=forgotten).delete()
    tables = [file for file in files if is_table(file.name)]
    if tables and len(files) > 1:
        raise CannotRead(
            _("Import a spreadsheet by itself: choose one spreadsheet, or any number of YAML and ZIP files.")
        )
    if tables:
        return _upload_table(tables[0], by=by, sheet=sheet, progress=progress)
    return _upload_records(files, by=by)


def read_mapping(batch: ImportBatch) -> mappings.Mapping:
    """How the columns of the batch's spreadsheet are read at present."""
    return mappings.Mapping.of(batch.mapping or {})


@transaction.atomic
def remap(batch: ImportBatch, mapping: mappings.Mapping, *, by: User) -> mappings.Questions:
    """Read the columns of the batch's spreadsheet in another way. Returns what that leaves open; where it is
    nothing, the mapping is remembered for the next sheet with these headers."""
    lock_open(batch)
    rows = [cells_of(raw) for raw in batch.rows.values_list("raw", flat=True)]
    asked = mappings.questions(mapping, rows)
    batch.mapping, batch.fingerprint = mapping.as_dict(), ""
    batch.asked = (batch.asked or {}) | asked.as_dict()
    batch.save(update_fields=["mapping", "asked", "fingerprint"])
    if not asked:
        mappings.remember(batch.headers or [], mapping, by=by)
    return asked


def lock_open(batch: ImportBatch) -> None:
    """Keep the batch from being imported until the end of the transaction. Raises AlreadyImported."""
    if ImportBatch.objects.select_for_update().get(pk=batch.pk).applied_at is not None:
        raise AlreadyImported


def open_questions(batch: ImportBatch) -> mappings.Questions:
    """What has to be said about the batch's columns before its rows can be looked at."""
    if batch.headers is None:
        return mappings.Questions()
    return mappings.kept_questions(read_mapping(batch), batch.asked or {})


def cells_of(raw: list[Any]) -> list[Value]:
    """The cells of a row as they were read."""
    return [Wrong(cell["wrong"]) if isinstance(cell, dict) else cell for cell in raw]


# --- A spreadsheet -----------------------------------------------------------------------------------------


def _upload_table(file: File, *, by: User, sheet: str, progress: Progress) -> ImportBatch:
    if file.problems:
        raise CannotRead(" ".join(problem.message for problem in file.problems))
    try:
        table = read_table(file.name, file.data, sheet=sheet)
    except Unreadable as error:
        raise CannotRead(f"{file.name}: {error}") from error
    name = _short(file.name)
    rows = [row.values for row in table.rows]
    mapping = mappings.remembered(table.headers) or mappings.guess(table.headers, rows)
    batch = ImportBatch.objects.create(
        by=by,
        name=name,
        headers=table.headers,
        sheet=table.name[:100],
        mapping=mapping.as_dict(),
        asked=mappings.questions(mapping, rows).as_dict() | {"samples": _samples(table)},
        notes=table.notes,
    )
    progress.tell(_("Keeping the rows"), len(table.rows), len(table.rows))
    ImportRow.objects.bulk_create(
        (
            ImportRow(
                batch=batch,
                number=row.number,
                source=_("%(file)s, row %(number)d") % {"file": name, "number": row.number},
                raw=[{"wrong": cell.message} if isinstance(cell, Wrong) else cell for cell in row.values],
            )
            for row in table.rows
        ),
        batch_size=500,
    )
    return batch


def _samples(table: Sheet) -> list[list[str]]:
    """Per column its first three different values, for the person who says what it is."""
    found: list[list[str]] = [[] for _header in table.headers]
    for row in table.rows:
        for texts, cell in zip(found, row.values, strict=True):
            if len(texts) == 3 or cell is None or isinstance(cell, Wrong):
                continue
            if (text := str(cell)[:60]) not in texts:
                texts.append(text)
    return found


# --- Records -----------------------------------------------------------------------------------------------


def _upload_records(files: Sequence[File], *, by: User) -> ImportBatch:
    passed_over: list[str] = []
    found: list[File] = []
    for file in files:
        if file.name.lower().endswith(".zip") or file.data.startswith(b"PK\x03\x04"):
            found += _unpacked(file, passed_over)
        elif not file.name.lower().endswith(YAML):
            raise CannotRead(
                _("%(file)s is none of the files that an import takes: XLSX, CSV, YAML (.yaml, .yml) or ZIP.")
                % {"file": _short(file.name)}
            )
        else:
            found.append(file)
        if len(found) > MAX_ROWS:
            raise CannotRead(_("These are more than %(most)d files: divide them.") % {"most": MAX_ROWS})
    if not found:
        raise CannotRead(
            _("There is no YAML file in it. A ZIP file for an import holds one YAML file for each system.")
        )
    batch = ImportBatch.objects.create(
        by=by,
        name=_short(files[0].name)
        if len(files) == 1
        else ngettext("%(count)d file", "%(count)d files", len(files)) % {"count": len(files)},
        notes=_notes(passed_over),
    )
    ImportRow.objects.bulk_create(
        (
            ImportRow(batch=batch, number=number, source=_short(file.name, 300), raw=_raw(file))
            for number, file in enumerate(found, 1)
        ),
        batch_size=500,
    )
    return batch


def _unpacked(file: File, passed_over: list[str]) -> Iterator[File]:
    try:
        for member in archive.members(file.data, most_each=yaml_document.MAX_BYTES):
            name = f"{file.name}/{member.name}"
            if member.refused:
                yield File(name, problems=(Problem(1, 1, member.refused),))
            elif member.name.lower().endswith(YAML):
                yield File(name, member.data)
            else:
                passed_over.append(posixpath.basename(member.name))
    except Unreadable as error:
        raise CannotRead(f"{file.name}: {error}") from error


def _notes(passed_over: list[str]) -> list[str]:
    if not passed_over:
        return []
    names = ", ".join(_short(name, 60) for name in passed_over[:5]) + (", …" if len(passed_over) > 5 else "")
    return [
        ngettext(
            "One file in the ZIP is not YAML and was passed over: %(names)s.",
            "%(count)d files in the ZIP are not YAML and were passed over: %(names)s.",
            len(passed_over),
        )
        % {"count": len(passed_over), "names": names}
    ]


def _raw(file: File) -> Any:
    """The text of a file; of one that is not even text, its problems."""
    problems = list(file.problems)
    if not problems:
        try:
            if len(file.data) <= yaml_document.MAX_BYTES and "\0" not in (
                text := file.data.decode("utf-8-sig")
            ):
                return text
        except UnicodeDecodeError:
            pass
        try:
            yaml_document.read(file.data)  # says what is wrong, and where
        except DocumentErrors as error:
            problems = error.problems
    return {"problems": [[problem.line, problem.column, problem.message] for problem in problems]}


def _short(name: str, most: int = 255) -> str:
    """A name from somebody's disk, harmless and short enough to be kept."""
    name = printable(name) or _("file")
    return name if len(name) <= most else f"{name[: most - 1]}…"
