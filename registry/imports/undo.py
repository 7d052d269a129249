"""Takes a whole import back, while nobody has built anything upon it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import Team, User
from aims.signoffs.models import SignOff
from registry import gate, services
from registry.errors import Conflict, ReasonNeeded
from registry.imports.applying import BATCH
from registry.imports.errors import CannotUndo
from registry.imports.progress import SILENT, Progress
from registry.models import (
    AISystem,
    Confirmation,
    GateDecision,
    ImportBatch,
    ImportRow,
    Obligation,
    SystemException,
    Waiver,
)
from registry.schema import Record

Hold = Callable[[Sequence[int], dt.datetime], Mapping[int, str]]
"""System keys, a moment -> {key: what was built upon the system since}."""

_holds: list[Hold] = []


def register_hold(hold: Hold) -> None:
    """Let an upper app say what of its own stands against undoing; called in `ready()`."""
    _holds.append(hold)


@transaction.atomic
def undo(batch: ImportBatch, *, by: User, reason: str, progress: Progress = SILENT) -> None:
    """Take an import back, all of it or nothing: what it registered is removed again, what it changed goes
    back to its record before, as a new revision. Teams that it made stay.

    Raises CannotUndo, PermissionDenied, ReasonNeeded.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.by_id != by.pk:
        raise PermissionDenied(_("Only the person who imported can take the import back."))
    if batch.applied_at is None or batch.undone_at is not None:
        raise CannotUndo(_("There is nothing to take back: the import was not carried out, or is undone."))
    if not reason.strip():
        raise ReasonNeeded(_("Say why the import is taken back. The reason stays in the trail."))
    progress.tell(_("Looking at what was built upon it"))
    rows = list(batch.rows.filter(status__in=["new", "changed"]).defer("raw", "document"))
    if reasons := _in_the_way(rows, batch.applied_at):
        raise _refused(reasons)
    why = _("Import of %(file)s undone: %(reason)s") % {"file": batch.name, "reason": reason.strip()}
    try:
        _take_back(rows, by=by, why=why, progress=progress)
    except Conflict as error:  # somebody was faster
        raise _refused([str(error)]) from error
    except ProtectedError as error:  # an app did not say that it holds on to a system
        kinds = sorted({str(each._meta.verbose_name) for each in error.protected_objects})
        raise _refused([_("These still refer to it: %(kinds)s.") % {"kinds": ", ".join(kinds)}]) from error
    batch.undone_at, batch.undo_reason = timezone.now(), reason.strip()
    batch.save(update_fields=["undone_at", "undo_reason"])


def _refused(reasons: Sequence[str]) -> CannotUndo:
    return CannotUndo(
        _(
            "The import cannot be undone any more, because people have worked with what it brought. "
            "Nothing was changed."
        ),
        reasons,
    )


def _in_the_way(rows: Sequence[ImportRow], since: dt.datetime) -> list[str]:
    """For each system with which somebody worked since the import: its name, and what was done."""
    if any(row.system_pk is None for row in rows):
        return [_("It was carried out by an earlier version of the portal, which kept too little of it.")]
    names = {row.system_pk: row.name for row in rows if row.system_pk is not None}
    registered = {row.system_pk for row in rows if row.status == "new"}
    found: dict[int, str] = {}
    for start in range(0, len(names), BATCH):
        keys = list(names)[start : start + BATCH]
        known = dict(AISystem.objects.filter(pk__in=keys).values_list("pk", "updated_at"))
        for key in keys:
            if key not in known:
                found[key] = _("it is gone")
            elif known[key] > since:
                found[key] = _("it was changed since")
        decided = GateDecision.objects.filter(system__in=keys, decided_at__gte=since)
        found |= dict.fromkeys(
            decided.values_list("system_id", flat=True), _("the gate has decided about it")
        )
        signed = SignOff.objects.about(gate.SUBJECT, keys).filter(signed_at__gte=since)
        found |= dict.fromkeys(signed.values_list("subject_id", flat=True), _("it was signed"))
        confirmed = Confirmation.objects.filter(obligation__system__in=keys, at__gte=since)
        found |= dict.fromkeys(
            confirmed.values_list("obligation__system", flat=True), _("a task of it was confirmed")
        )
        waived = Waiver.objects.filter(obligation__system__in=keys, requested_at__gte=since)
        found |= dict.fromkeys(
            waived.values_list("obligation__system", flat=True), _("a waiver of a task of it was asked for")
        )
        # What was there before stays with its system; these would go with one that is removed.
        brought = [key for key in keys if key in registered]
        touched = Obligation.objects.filter(system__in=brought).filter(
            Q(assignee__isnull=False) | Q(reminded_at__isnull=False)
        )
        found |= dict.fromkeys(
            touched.values_list("system", flat=True), _("a task of it was given to somebody")
        )
        opened = SystemException.objects.filter(content_object__in=brought)
        found |= dict.fromkeys(
            opened.values_list("content_object", flat=True), _("it was opened to somebody")
        )
        for hold in _holds:
            found |= hold(keys, since)
    return [_("%(system)s: %(reason)s") % {"system": names[key], "reason": why} for key, why in found.items()]


def _take_back(rows: Sequence[ImportRow], *, by: User, why: str, progress: Progress) -> None:
    teams = {
        team.slug: team
        for team in Team.objects.filter(
            slug__in={row.before["owner"] for row in rows if row.before}, is_active=True
        )
    }
    new = [row.system_pk for row in rows if row.status == "new" and row.system_pk]
    changed = [row for row in rows if row.status == "changed" and row.before]
    for start in range(0, len(new), BATCH):
        progress.tell(_("Taking back"), start, len(rows))
        services.systems_unregister(new[start : start + BATCH], by=by, reason=why)
    for start in range(0, len(changed), BATCH):
        progress.tell(_("Taking back"), len(new) + start, len(rows))
        services.systems_update([_edit(row, teams, why) for row in changed[start : start + BATCH]], by=by)


def _edit(row: ImportRow, teams: Mapping[str, Team], why: str) -> services.Edit:
    before = Record.model_validate(row.before)
    if before.owner not in teams:
        raise _refused([_("%(system)s: its team is gone, or switched off") % {"system": row.name}])
    return services.Edit(row.system_pk or 0, (row.revision or 0) + 1, before, teams[before.owner], why)
