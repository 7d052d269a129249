"""Importing records from YAML files: a preview of what would change, then all of it or nothing."""

from dataclasses import dataclass, field
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import Team, User
from aims.accounts.services import team_create
from aims.ledger.changes import Change, changes
from registry import documents, gate, services, yaml_document
from registry.errors import Conflict, IdTaken, ReasonNeeded
from registry.models import AISystem, ImportBatch
from registry.schema import Record, parse_record
from registry.yaml_document import DocumentErrors, Problem

MAX_FILES = 500


@dataclass(slots=True)
class Row:
    """One file of an import and what would come of it."""

    file: str
    status: Literal["new", "changed", "unchanged", "refused"]
    record: Record | None = None
    system: AISystem | None = None
    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    claims: list[Change] = field(default_factory=list)
    """What the file says of approvals, review and stage and the portal cannot confirm: before is what the
    portal knows, after what the file claims."""
    unknown_team: str = ""
    needs_reason: bool = False
    """The system is in use, and what the file changes was signed."""


@dataclass(slots=True)
class Preview:
    rows: list[Row]

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.status == "refused"]

    @property
    def writes(self) -> list[Row]:
        return [row for row in self.rows if row.status in ("new", "changed")]

    @property
    def unknown_teams(self) -> list[str]:
        return sorted({row.unknown_team for row in self.rows if row.unknown_team})

    @property
    def needs_reason(self) -> bool:
        return any(row.needs_reason for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """What the person saw. If the registry has moved by the time of confirming, this differs."""
        return ";".join(
            f"{row.file}:{row.status}:{row.system.revision if row.system else 0}" for row in self.rows
        )


def preview(files: list[dict[str, Any]], *, by: User) -> Preview:
    """What importing the files (as `read_upload` keeps them) would do. Writes nothing."""
    rows = [_row(entry) for entry in files]
    _refuse_repeated_ids(rows)
    records = [row.record for row in rows if row.record is not None]
    teams = {team.slug: team for team in Team.objects.filter(slug__in={record.owner for record in records})}
    systems = {
        system.slug: system
        for system in AISystem.objects.filter(slug__in={record.id for record in records}).select_related(
            "team", "edited_by"
        )
    }
    visible = set(AISystem.objects.visible_to(by).filter(slug__in=systems).values_list("slug", flat=True))
    answers = gate.judge_all([system for slug, system in systems.items() if slug in visible])
    for row in rows:
        if row.record is not None:
            _compare(row, row.record, teams, systems, visible, answers, by)
    return Preview(rows)


def read_upload(name: str, data: bytes) -> dict[str, Any]:
    """An uploaded file as a batch keeps it: its text, or the problems of one that is not even text."""
    try:
        yaml_document.read(data)
        return {"name": name, "text": data.decode("utf-8-sig"), "problems": []}
    except DocumentErrors as error:
        return refused_upload(name, error)


def refused_upload(name: str, error: DocumentErrors) -> dict[str, Any]:
    """A file without a text, with the reasons why."""
    problems = [[problem.line, problem.column, problem.message] for problem in error.problems]
    return {"name": name, "text": "", "problems": problems}


def _row(entry: dict[str, Any]) -> Row:
    if entry["problems"]:
        return Row(entry["name"], "refused", problems=[Problem(*problem) for problem in entry["problems"]])
    try:
        return Row(entry["name"], "new", parse_record(yaml_document.read(entry["text"].encode())))
    except DocumentErrors as error:
        return Row(entry["name"], "refused", problems=error.problems)


def _refuse_repeated_ids(rows: list[Row]) -> None:
    first: dict[str, str] = {}
    for row in rows:
        if row.record is None:
            continue
        if (earlier := first.setdefault(row.record.id, row.file)) != row.file:
            _refuse(
                row,
                _("The id “%(id)s” stands in %(file)s too: keep one of the files.")
                % {"id": row.record.id, "file": earlier},
            )


def _compare(
    row: Row,
    record: Record,
    teams: dict[str, Team],
    systems: dict[str, AISystem],
    visible: set[str],
    answers: dict[int, gate.Answer],
    by: User,
) -> None:
    """Fill in what the record would change, and why it may not."""
    system = systems.get(record.id)
    team = teams.get(record.owner)
    if team is None:
        if by.has_perm("accounts.add_team"):
            row.unknown_team = record.owner
        else:
            _refuse(
                row,
                _("There is no team “%(team)s”. Ask the compliance lead to create it, or correct `owner`.")
                % {"team": record.owner},
            )
            return
    elif not (by.may_everywhere("registry.import_aisystem") or team.pk in by.team_ids):
        _refuse(
            row, _("You are not in the team “%(team)s”, which owns this system.") % {"team": record.owner}
        )
        return
    if system is None:
        row.claims = _claims(record, documents.Derived(), "draft")
        return
    # A system that the person may not see is as good as a taken id: nothing of it is told.
    if record.id not in visible or not by.has_perm("registry.change_aisystem", system):
        _refuse(row, _("The id “%(id)s” belongs to a system that you may not change.") % {"id": record.id})
        return
    row.system = system
    answer = answers[system.pk]
    governance = answer.record["governance"]
    row.claims = _claims(
        record,
        documents.Derived(governance.get("impact_assessment_id"), None, governance["approved_by"]),
        system.stage,
        governance.get("last_reviewed"),
    )
    after = documents.with_derived(record.document(), answer.record)
    row.changes = list(changes(answer.record, after))
    row.status = "changed" if row.changes else "unchanged"
    if row.changes and system.stage in services.IN_USE:
        sides = documents.signable(answer.record, None), documents.signable(after, None)
        row.needs_reason = bool(services.material_for_signatures(sides))


def _claims(
    record: Record, derived: documents.Derived, stage: str, last_reviewed: str | None = None
) -> list[Change]:
    """What the file says beyond what the portal knows. An empty value claims nothing."""
    known = {
        "governance.impact_assessment_id": derived.impact_assessment_id,
        "governance.last_reviewed": last_reviewed,
        "governance.approved_by": derived.approved_by,
        "lifecycle.stage": stage,
    }
    document = record.document()
    found = []
    for path, value in known.items():
        claimed = documents.value_at(document, path)
        if path == "lifecycle.stage" and claimed == "draft":
            continue
        if path == "governance.approved_by" and set(claimed or []) <= set(value or []):  # type: ignore[arg-type]
            continue
        if claimed and claimed != value:
            found.append(Change(path, value, claimed))
    return found


def _refuse(row: Row, message: str) -> None:
    row.status = "refused"
    row.problems.append(Problem(1, 1, message))


class CannotImport(Exception):
    """The import as a whole cannot be carried out; nothing of it was."""


@transaction.atomic
def apply(batch: ImportBatch, *, seen: str, by: User, reason: str = "") -> Preview:
    """Carry out a previewed import, all of it or nothing, and note its outcome.

    `seen` is the fingerprint of the preview that was confirmed. Raises CannotImport, PermissionDenied,
    ReasonNeeded.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.by_id != by.pk:
        raise PermissionDenied(_("Only the person who uploaded the files can import them."))
    if batch.applied_at is not None:
        raise CannotImport(_("This import has been carried out already."))
    plan = preview(batch.files, by=by)
    if plan.fingerprint != seen:
        raise CannotImport(_moved())
    if plan.refused:
        raise CannotImport(_("Some files are refused. Mend or leave them out, and upload again."))
    if not plan.writes:
        raise CannotImport(_("Nothing would change, so there is nothing to import."))
    if plan.needs_reason and not reason.strip():
        raise ReasonNeeded(_("A system in use would change in a way that touches signatures. Say why."))
    for slug in plan.unknown_teams:
        team_create(slug=slug, name=_team_name(slug), lead=by, by=by)
    by.forget_rights()  # the person leads the new teams
    try:
        for row in plan.writes:
            _write(row, by=by, reason=reason)
    except (Conflict, IdTaken) as error:  # somebody else was faster by a moment
        raise CannotImport(_moved()) from error
    batch.applied_at = timezone.now()
    batch.outcome = [_outcome(row) for row in plan.rows]
    batch.save()
    return plan


def _moved() -> str:
    return _("The registry has changed since you looked. Check the preview again.")


def _write(row: Row, *, by: User, reason: str) -> None:
    assert row.record is not None
    team = Team.objects.get(slug=row.record.owner)
    why = ". ".join(
        filter(None, (_("Imported from %(file)s") % {"file": row.file}, reason.strip(), _claim_text(row)))
    )
    if row.system is None:
        services.system_create(row.record, team=team, by=by, reason=why)
    else:
        services.system_update(
            row.system, row.record, team=team, by=by, revision=row.system.revision, reason=why
        )


def _claim_text(row: Row) -> str:
    if not row.claims:
        return ""
    claims = ", ".join(
        f"{claim.path} = {', '.join(claim.after) if isinstance(claim.after, list) else claim.after}"
        for claim in row.claims
    )
    return _("Claimed by the file and not confirmed by the portal: %(claims)s") % {"claims": claims}


def _outcome(row: Row) -> dict[str, Any]:
    return {
        "file": row.file,
        "status": row.status,
        "id": row.record.id if row.record else "",
        "claims": [claim.as_dict() for claim in row.claims],
    }


def _team_name(slug: str) -> str:
    """A first name for a team made from its short one: team-ai-platform → AI platform."""
    words = slug.removeprefix("team-").split("-")
    return (
        " ".join(word.upper() if word in ("ai", "it", "hr", "ml") else word for word in words).strip() or slug
    )
