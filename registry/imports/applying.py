"""Carries a previewed import out: all that it showed, or nothing."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.accounts.models import Team, User
from aims.accounts.services import team_create
from registry import services
from registry.errors import Conflict, IdTaken, ReasonNeeded
from registry.imports.errors import AlreadyImported, CannotImport, Moved
from registry.imports.progress import SILENT, Progress
from registry.models import AISystem, ImportBatch, ImportRow
from registry.schema import Record

Status = ImportRow.Status

BATCH: Final = 250
"""Systems written by one call of the services, and so between two notes of progress."""

Item = TypeVar("Item")


@transaction.atomic
def apply(
    batch: ImportBatch,
    *,
    seen: str,
    by: User,
    reason: str = "",
    leave_out: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Carry out a previewed import, all of it or nothing. Returns how many records were written.

    `seen` is the fingerprint of the preview that was confirmed; `leave_out` says that refused rows are to be
    left out knowingly. Raises CannotImport, PermissionDenied, ReasonNeeded.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.by_id != by.pk:
        raise PermissionDenied(_("Only the person who uploaded the files can import them."))
    if batch.applied_at is not None:
        raise AlreadyImported
    if not seen or batch.fingerprint != seen:
        raise Moved
    refused = batch.rows.filter(status=Status.REFUSED).count()
    if refused and not leave_out:
        raise CannotImport(
            ngettext(
                "One row is refused. Mend it and upload again, or choose to leave it out.",
                "%(count)d rows are refused. Mend them and upload again, or choose to leave them out.",
                refused,
            )
            % {"count": refused}
        )
    rows = list(batch.rows.filter(status__in=[Status.NEW, Status.CHANGED]).defer("raw", "before"))
    if not rows:
        raise CannotImport(_("Nothing would change, so there is nothing to import."))
    if any(row.needs_reason for row in rows) and not reason.strip():
        raise ReasonNeeded(_("A system in use would change in a way that touches signatures. Say why."))
    try:
        _write(rows, _teams(rows, by=by), by=by, reason=reason.strip(), progress=progress)
        registered = AISystem.objects.filter(slug=OuterRef("slug")).values("pk")
        batch.rows.filter(status=Status.NEW).update(system_pk=Subquery(registered))
    except (Conflict, IdTaken, AISystem.DoesNotExist) as error:  # somebody else was faster
        raise Moved from error
    batch.applied_at, batch.left_out, batch.reason = timezone.now(), bool(refused), reason.strip()
    batch.save(update_fields=["applied_at", "left_out", "reason"])
    return len(rows)


def _teams(rows: Sequence[ImportRow], *, by: User) -> dict[str, Team]:
    """The owners of the rows, by their short names; those that the preview proposed are made, led by the
    person."""
    slugs = {row.owner for row in rows}
    teams = {team.slug: team for team in Team.objects.filter(slug__in=slugs)}
    proposed = {row.owner for row in rows if row.new_team}
    missing = slugs - teams.keys()
    if missing - proposed:
        raise Moved
    if missing and not by.has_perm("accounts.add_team"):
        raise PermissionDenied(_("You may not create teams. Ask the compliance lead."))
    for slug in sorted(missing):
        teams[slug] = team_create(slug=slug, name=_team_name(slug), lead=by, by=by)
    by.forget_rights()  # the person leads the new teams
    return teams


def _write(
    rows: Sequence[ImportRow], teams: dict[str, Team], *, by: User, reason: str, progress: Progress
) -> None:
    new = [row for row in rows if row.status == Status.NEW]
    changed = [row for row in rows if row.status == Status.CHANGED]
    done = 0
    for part in _parts(new, BATCH):
        progress.tell(_("Writing"), done, len(rows))
        services.systems_create(
            [services.Registration(_record(row), teams[row.owner], _why(row, reason)) for row in part],
            by=by,
        )
        done += len(part)
    for part in _parts(changed, BATCH):
        progress.tell(_("Writing"), done, len(rows))
        services.systems_update(
            [
                services.Edit(
                    row.system_pk or 0, row.revision or 0, _record(row), teams[row.owner], _why(row, reason)
                )
                for row in part
            ],
            by=by,
        )
        done += len(part)
    progress.tell(_("Finishing"))


def _record(row: ImportRow) -> Record:
    return Record.model_validate(row.document)


def _parts(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    waiting = iter(items)
    while part := list(islice(waiting, size)):
        yield part


def _why(row: ImportRow, reason: str) -> str:
    return ". ".join(
        filter(None, (_("Imported from %(file)s") % {"file": row.source}, reason, _claimed(row)))
    )


def _claimed(row: ImportRow) -> str:
    if not row.claims:
        return ""
    return _("Claimed by the file and not confirmed by the portal: %(claims)s") % {
        "claims": ", ".join(_told(claim) for claim in row.claims)
    }


def _told(claim: dict[str, Any]) -> str:
    value = claim["after"]
    return f"{claim['path']} = {', '.join(value) if isinstance(value, list) else value}"


def _team_name(slug: str) -> str:
    """A first name for a team made from its short one: team-ai-platform → AI platform."""
    words = slug.removeprefix("team-").split("-")
    return (
        " ".join(word.upper() if word in ("ai", "it", "hr", "ml") else word for word in words).strip() or slug
    )
