"""`manage.py registry import` and `export`: the registry and a folder of YAML files."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError, OutputWrapper
from django.db import transaction
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.services import command_line_account
from aims.tables.reading import is_table
from registry import archive
from registry.errors import ReasonNeeded
from registry.imports import mapping_page
from registry.imports.applying import apply
from registry.imports.errors import CannotImport, CannotRead
from registry.imports.mapping import Mapping, Questions
from registry.imports.preview import prepare
from registry.imports.uploads import (
    MAX_TOTAL_BYTES,
    File,
    open_questions,
    read_mapping,
    remap,
    upload,
)
from registry.models import AISystem, AISystemQuerySet, ImportBatch, ImportRow
from registry.validation import file_bytes, files_below
from registry.yaml_document import MAX_BYTES, DocumentErrors

FINE, UNUSABLE = 0, 2


def add_import(parser: ArgumentParser) -> None:
    parser.description = _(
        "Writes the records of YAML files, of ZIP files of them, or of one spreadsheet (XLSX, CSV) into the "
        "registry, all of them or none. What a file claims of approvals and stage is told and not believed. "
        "Exit code: 0 done, 2 a file or argument was unusable."
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=_("A YAML, ZIP, XLSX or CSV file, or a folder of *.yaml and *.yml."),
    )
    parser.add_argument(
        "--as",
        dest="email",
        metavar="EMAIL",
        help=_("Whose rights count; by default the command line's own account."),
    )
    parser.add_argument(
        "--create-teams",
        action="store_true",
        help=_("Create owners that are unknown, led by the person who imports."),
    )
    parser.add_argument(
        "--reason", default="", help=_("Why; needed where a system in use changes in a way that matters.")
    )
    parser.add_argument("--sheet", default="", metavar="NAME", help=_("The sheet of a workbook."))
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help=_(
            'How the columns of a spreadsheet are read, as JSON: {"columns": {"Header": "name", '
            '"Remarks": ""}, "meanings": {"classification.risk_tier": {"severe": "high"}}, '
            '"dates": "day"}. By default as they were read last, else by their names.'
        ),
    )
    parser.add_argument(
        "--leave-out-refused",
        action="store_true",
        help=_("Import the other records where some are refused, which are then told of."),
    )
    parser.add_argument("--dry-run", action="store_true", help=_("Only tell what would change."))
    _add_format(parser)


def add_export(parser: ArgumentParser) -> None:
    parser.description = _(
        "Writes each system's record to a file DIR/<id>.yaml. Exit code: 0 done, 2 not possible."
    )
    parser.add_argument(
        "directory", type=Path, metavar="DIR", help=_("A folder; it is made if it is not there.")
    )
    parser.add_argument(
        "--id", action="append", dest="ids", metavar="ID", help=_("Only this system; may be repeated.")
    )
    _add_format(parser)


def _add_format(parser: ArgumentParser) -> None:
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--json", action="store_const", const="json", dest="format", help=_("The same as --format json.")
    )


def run_import(
    out: OutputWrapper,
    err: OutputWrapper,
    *,
    paths: list[str],
    email: str | None,
    create_teams: bool,
    reason: str,
    sheet: str,
    mapping: Path | None,
    leave_out_refused: bool,
    dry_run: bool,
    format: str,
    **_common: Any,
) -> int:
    """Carry `registry import` out; the exit code."""
    person = _person(email)
    with transaction.atomic():
        batch = _previewed(paths, by=person, sheet=sheet, mapping=mapping)
        rows = list(batch.rows.defer("raw", "document", "before"))
        code, written = _confirm(
            batch,
            rows,
            by=person,
            reason=reason,
            create_teams=create_teams,
            leave_out=leave_out_refused,
            dry_run=dry_run,
        )
        if not written:
            transaction.set_rollback(True)  # nobody comes back to this preview
    if format == "json":
        out.write(json.dumps([_as_json(batch, row) for row in rows], ensure_ascii=False, indent=1))
    else:
        for row in rows:
            _tell(out, batch, row)
    for note in batch.notes:
        err.write(note, style_func=str)
    err.write(_summary(rows, written=written), style_func=str)
    return code


def _previewed(paths: list[str], *, by: User, sheet: str, mapping: Path | None) -> ImportBatch:
    """The files, taken in and looked at. Raises CommandError for what cannot be, or is not clear."""
    try:
        batch = upload([_upload(file) for file in files_below(paths)], by=by, sheet=sheet)
        if mapping is not None:
            if batch.headers is None:
                raise CannotRead(_("--mapping is for a spreadsheet, and this is none."))
            remap(batch, _read_mapping(mapping, batch), by=by)
    except CannotRead as error:
        raise CommandError(str(error), returncode=UNUSABLE) from error
    if asked := open_questions(batch):
        problems = [*mapping_page.problems(batch, asked), *_unclear(asked)]
        raise CommandError("\n".join([*problems, _("Say so in a file for --mapping.")]), returncode=UNUSABLE)
    prepare(batch, by=by)
    return batch


def _unclear(asked: Questions) -> Iterator[str]:
    for path, texts in asked.unknown.items():
        yield _("%(field)s: nobody has said what these mean: %(texts)s.") % {
            "field": path,
            "texts": ", ".join(f"“{each.text}”" for each in texts),
        }
    if asked.dates:
        yield _("These dates could be read in two ways: %(examples)s.") % {"examples": ", ".join(asked.dates)}


def _read_mapping(file: Path, batch: ImportBatch) -> Mapping:
    """The mapping that the file describes, laid over the one that the batch has. Raises CommandError."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return read_mapping(batch).overlaid(
            batch.headers or [],
            columns=said.get("columns", {}),
            meanings=said.get("meanings", {}),
            dates=said.get("dates", ""),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CommandError(
            _("%(file)s is no mapping: %(error)s") % {"file": file, "error": error}, returncode=UNUSABLE
        ) from error


def _confirm(
    batch: ImportBatch,
    rows: list[ImportRow],
    *,
    by: User,
    reason: str,
    create_teams: bool,
    leave_out: bool,
    dry_run: bool,
) -> tuple[int, bool]:
    """Import what was previewed, if it may be: the exit code, and whether anything was written."""
    new_teams = sorted({row.owner for row in rows if row.new_team})
    if new_teams and not create_teams:
        raise CommandError(
            _("These owners are unknown: %(teams)s. Create the teams first, or pass --create-teams.")
            % {"teams": ", ".join(new_teams)},
            returncode=UNUSABLE,
        )
    refused = any(row.status == "refused" for row in rows)
    if refused and not leave_out:
        return UNUSABLE, False
    if dry_run or not any(row.status in ("new", "changed") for row in rows):
        return FINE, False
    try:
        apply(batch, seen=batch.fingerprint, by=by, reason=reason, leave_out=leave_out)
    except (CannotImport, ReasonNeeded, PermissionDenied, ValidationError) as error:
        raise CommandError(str(error), returncode=UNUSABLE) from error
    return FINE, True


def run_export(
    out: OutputWrapper,
    err: OutputWrapper,
    *,
    directory: Path,
    ids: list[str] | None,
    format: str,
    **_common: Any,
) -> int:
    """Carry `registry export` out; the exit code."""
    systems: AISystemQuerySet = AISystem.objects.all()
    if ids:
        systems = systems.filter(slug__in=ids)
        if missing := sorted(set(ids) - set(systems.values_list("slug", flat=True))):
            raise CommandError(
                _("There is no system %(ids)s.") % {"ids": ", ".join(missing)}, returncode=UNUSABLE
            )
    written: list[dict[str, str]] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for slug, text in archive.records(systems):
            file = directory / f"{slug}.yaml"
            file.write_text(text, encoding="utf-8")
            written.append({"id": slug, "file": str(file)})
    except OSError as error:
        raise CommandError(_("Cannot write: %(error)s") % {"error": error}, returncode=UNUSABLE) from error
    if format == "json":
        out.write(json.dumps(written, ensure_ascii=False, indent=1))
    err.write(
        _("%(count)d records written to %(directory)s.") % {"count": len(written), "directory": directory},
        style_func=str,
    )
    return FINE


def _person(email: str | None) -> User:
    if email is None:
        return command_line_account()
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise CommandError(
            _("Nobody with an active account has the address %(email)s.") % {"email": email},
            returncode=UNUSABLE,
        )
    if not person.has_perm("registry.import_aisystem"):
        raise CommandError(_("%(person)s may not import records.") % {"person": person}, returncode=UNUSABLE)
    return person


def _upload(file: str) -> File:
    """The file as the import takes it. One that cannot be opened is refused like one that cannot be read."""
    try:
        most = MAX_TOTAL_BYTES if is_table(file) or file.lower().endswith(".zip") else MAX_BYTES
        return File(file, file_bytes(file, most=most))
    except DocumentErrors as error:
        return File(file, problems=tuple(error.problems))


def _as_json(batch: ImportBatch, row: ImportRow) -> dict[str, Any]:
    return {
        "file": row.source,
        "id": row.slug or None,
        "status": row.status,
        "changes": row.changes,
        "claims": row.claims,
        "errors": [
            {"line": line, "column": column, "message": message} for line, column, message in row.problems
        ],
    }


def _tell(out: OutputWrapper, batch: ImportBatch, row: ImportRow) -> None:
    out.write(f"{row.source}: {row.status}")
    for line, column, message in row.problems:
        out.write(f"{batch.name if batch.headers else row.source}:{line}:{column}: {message}")
    for change in row.changes:
        out.write(f"    {change['path']}: {change['before']!r} -> {change['after']!r}")
    for claim in row.claims:
        out.write(
            "    "
            + _("not confirmed: %(path)s = %(value)s") % {"path": claim["path"], "value": claim["after"]}
        )


def _summary(rows: list[ImportRow], *, written: bool) -> str:
    counts = Counter(row.status for row in rows)
    text = _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(refused)d refused.") % {
        status: counts[status] for status in ("new", "changed", "unchanged", "refused")
    }
    return text if written else f"{text} {_('Nothing was written.')}"
