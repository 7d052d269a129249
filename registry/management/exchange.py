"""`manage.py registry import` and `export`: the registry and a folder of YAML files."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError, OutputWrapper
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.services import command_line_account
from registry import archive, imports
from registry.errors import ReasonNeeded
from registry.models import AISystem, AISystemQuerySet, ImportBatch
from registry.validation import file_bytes, files_below
from registry.yaml_document import DocumentErrors

FINE, UNUSABLE = 0, 2


def add_import(parser: ArgumentParser) -> None:
    parser.description = _(
        "Writes the records of YAML files into the registry, all of them or none. What a file claims of "
        "approvals and stage is told and not believed. Exit code: 0 done, 2 a file or argument was unusable."
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help=_("A YAML file, or a folder of *.yaml and *.yml.")
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
    dry_run: bool,
    format: str,
    **_common: Any,
) -> int:
    """Carry `registry import` out; the exit code."""
    person = _person(email)
    files = [_upload(file) for file in files_below(paths)]
    plan = imports.preview(files, by=person)
    if plan.unknown_teams and not create_teams:
        raise CommandError(
            _("These owners are unknown: %(teams)s. Create the teams first, or pass --create-teams.")
            % {"teams": ", ".join(plan.unknown_teams)},
            returncode=UNUSABLE,
        )
    code = UNUSABLE if plan.refused else FINE
    if code == FINE and plan.writes and not dry_run:
        batch = ImportBatch.objects.create(by=person, files=files)
        try:
            imports.apply(batch, seen=plan.fingerprint, by=person, reason=reason)
        except (imports.CannotImport, ReasonNeeded, PermissionDenied, ValidationError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
    if format == "json":
        out.write(json.dumps([_as_json(row) for row in plan.rows], ensure_ascii=False, indent=1))
    else:
        for row in plan.rows:
            _tell(out, row)
    err.write(_summary(plan, written=code == FINE and not dry_run), style_func=str)
    return code


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


def _upload(file: str) -> dict[str, Any]:
    try:
        return imports.read_upload(file, file_bytes(file))
    except DocumentErrors as error:
        return imports.refused_upload(file, error)


def _as_json(row: imports.Row) -> dict[str, Any]:
    return {
        "file": row.file,
        "id": row.record.id if row.record else None,
        "status": row.status,
        "changes": [change.as_dict() for change in row.changes],
        "claims": [claim.as_dict() for claim in row.claims],
        "errors": [
            {"line": problem.line, "column": problem.column, "message": problem.message}
            for problem in row.problems
        ],
    }


def _tell(out: OutputWrapper, row: imports.Row) -> None:
    out.write(f"{row.file}: {row.status}")
    for problem in row.problems:
        out.write(f"{row.file}:{problem.line}:{problem.column}: {problem.message}")
    for change in row.changes:
        out.write(f"    {change.path}: {change.before!r} -> {change.after!r}")
    for claim in row.claims:
        out.write(
            "    " + _("not confirmed: %(path)s = %(value)s") % {"path": claim.path, "value": claim.after}
        )


def _summary(plan: imports.Preview, *, written: bool) -> str:
    counts = {
        "new": sum(row.status == "new" for row in plan.rows),
        "changed": sum(row.status == "changed" for row in plan.rows),
        "unchanged": sum(row.status == "unchanged" for row in plan.rows),
        "refused": len(plan.refused),
    }
    text = _("%(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(refused)d refused.") % counts
    return text if written else f"{text} {_('Nothing was written.')}"
