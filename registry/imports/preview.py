"""What an import would do, row by row: new, changed by field, unchanged, or refused and why.

No system is written here.
"""

import copy
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from aims.accounts.models import Team, User
from aims.ledger.changes import Change, changes
from aims.tables.sheet import address
from registry import documents, gate, services, yaml_document
from registry.imports import cells
from registry.imports.fields import FIELDS, REQUIRED, Field
from registry.imports.progress import SILENT, Progress
from registry.imports.uploads import cells_of, lock_open, read_mapping
from registry.models import AISystem, ImportBatch, ImportRow
from registry.schema import Record, parse_record
from registry.schema_problems import problems_by_path
from registry.yaml_document import DocumentErrors, Problem, shown

Status = ImportRow.Status

STEP = 250
"""Rows between two notes of progress."""


@dataclass(slots=True)
class _Entry:
    """One row while it is being looked at."""

    row: ImportRow
    record: Record | None = None
    values: dict[str, Any] = field(default_factory=dict)
    """Of a row of a sheet: path -> what its cell says. Blank cells are not among them."""
    places: dict[str, int] = field(default_factory=dict)
    """Path -> column."""
    problems: list[Problem] = field(default_factory=list)
    slug: str = ""

    def refuse(self, message: str, path: str = "") -> None:
        self.problems.append(Problem(self.line, self.places.get(path, 0) + 1, message))

    @property
    def line(self) -> int:
        """Where the row stands, for its messages."""
        return self.row.number if self.places else 1


@transaction.atomic
def prepare(batch: ImportBatch, *, by: User, progress: Progress = SILENT) -> None:
    """Look at all rows of a batch against the registry as it is now, and keep what would come of them.

    Raises AlreadyImported.
    """
    lock_open(batch)
    progress.tell(_("Reading the rows"))
    rows = list(batch.rows.all())
    entries = _from_sheet(batch, rows) if batch.headers is not None else [_from_yaml(row) for row in rows]
    _refuse_repeated_ids(entries)
    slugs = [entry.slug for entry in entries if entry.slug]
    known = _Known(slugs, by)
    known.load_teams(_owners(entries))
    for number, entry in enumerate(entries):
        if number % STEP == 0:
            progress.tell(_("Comparing with the registry"), number, len(entries))
        _compare(entry, known)
        _settle(entry)
    progress.tell(_("Keeping the preview"))
    ImportRow.objects.bulk_create(
        rows, batch_size=250, update_conflicts=True, unique_fields=["batch", "number"], update_fields=_SETTLED
    )
    batch.fingerprint = _fingerprint(rows)
    batch.save(update_fields=["fingerprint"])


_SETTLED = [
    "status",
    "slug",
    "name",
    "owner",
    "problems",
    "changes",
    "claims",
    "needs_reason",
    "new_team",
    "document",
    "before",
    "system_pk",
    "revision",
]


def _fingerprint(rows: Iterable[ImportRow]) -> str:
    """The digest of what the person sees. Looked at again after the registry has moved, it differs."""
    digest = hashlib.sha256()
    for row in rows:
        seen = [row.number, row.status, row.system_pk, row.revision, row.document]
        digest.update(json.dumps(seen, sort_keys=True).encode())
    return digest.hexdigest()


# --- Reading -----------------------------------------------------------------------------------------------


def _from_yaml(row: ImportRow) -> _Entry:
    entry = _Entry(row)
    if isinstance(row.raw, dict):
        entry.problems = [Problem(*problem) for problem in row.raw["problems"]]
        return entry
    try:
        entry.record = parse_record(yaml_document.read(row.raw.encode()))
        entry.slug = entry.record.id
    except DocumentErrors as error:
        entry.problems = error.problems
    return entry


def _from_sheet(batch: ImportBatch, rows: Iterable[ImportRow]) -> list[_Entry]:
    mapping = read_mapping(batch)
    columns = mapping.read_columns()
    places = {of.path: column for column, of, _meanings in columns}
    short_names = _short_names()
    entries = []
    for row in rows:
        entry = _Entry(row, places=places)
        entries.append(entry)
        values = cells_of(row.raw)
        for column, of, meanings in columns:
            try:
                value = cells.value_of(of, values[column], meanings=meanings, dates=mapping.dates)
            except cells.CellRefused as error:
                entry.refuse(str(error), of.path)
            else:
                if value is not None:
                    entry.values[of.path] = value
        if owner := entry.values.get("owner"):
            entry.values["owner"] = short_names.get(cells.normal(owner), owner)
        entry.slug = str(entry.values.get("id", ""))
        if not entry.slug and not any(
            problem.column == places.get("id", -1) + 1 for problem in entry.problems
        ):
            entry.refuse(
                _("Every system needs an id: small letters, digits and hyphens, such as %(example)s.")
                % {"example": "claims-triage"},
                "id",
            )
    return entries


def _short_names() -> dict[str, str]:
    """Normal text of a team's name -> its short name, by which records call it. A name that two teams have
    is nobody's."""
    found: dict[str, str] = {}
    for slug, name in Team.objects.values_list("slug", "name"):
        key = cells.normal(name)
        found[key] = "" if key in found else slug
    return {name: slug for name, slug in found.items() if slug}


def _refuse_repeated_ids(entries: Sequence[_Entry]) -> None:
    """Where two rows have one id, nobody knows which is meant: both are refused."""
    by_id: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        if entry.slug:
            by_id[entry.slug].append(entry)
    for slug, same in by_id.items():
        for entry in same if len(same) > 1 else ():
            other = next(each for each in same if each is not entry)
            entry.refuse(
                _("The id “%(id)s” stands in %(other)s too: keep one of them.")
                % {"id": shown(slug), "other": other.row.source},
                "id",
            )


def _owners(entries: Iterable[_Entry]) -> set[str]:
    return {
        entry.record.owner if entry.record else str(entry.values.get("owner", "")) for entry in entries
    } - {""}


# --- Comparing ---------------------------------------------------------------------------------------------


class _Known:
    """What the registry has of the rows' ids, and what the person may do with it."""

    def __init__(self, slugs: Sequence[str], by: User) -> None:
        self.by = by
        self.systems: dict[str, AISystem] = {}
        self.answers: dict[int, gate.Answer] = {}
        self.teams: dict[str, Team] = {}
        self.everywhere = by.may_everywhere("registry.import_aisystem")
        self.may_add_teams = by.has_perm("accounts.add_team")
        for start in range(0, len(slugs), 500):
            found = AISystem.objects.filter(slug__in=slugs[start : start + 500]).select_related(
                "team", "edited_by"
            )
            self.systems |= {system.slug: system for system in found}
        visible = set(
            AISystem.objects.visible_to(by).filter(slug__in=list(self.systems)).values_list("slug", flat=True)
        )
        self.changeable = {
            slug: system
            for slug, system in self.systems.items()
            if slug in visible and by.has_perm("registry.change_aisystem", system)
        }
        self.answers = gate.judge_all(list(self.changeable.values()))

    def load_teams(self, slugs: set[str]) -> None:
        self.teams = {team.slug: team for team in Team.objects.filter(slug__in=slugs)}


def _compare(entry: _Entry, known: _Known) -> None:
    """Fill in what the row would change, and why it may not."""
    row = entry.row
    # A system that the person may not see is as good as a taken id: nothing of it is told.
    if entry.slug in known.systems and entry.slug not in known.changeable:
        entry.refuse(
            _("The id “%(id)s” belongs to a system that you may not change.") % {"id": entry.slug}, "id"
        )
        return
    system = known.changeable.get(entry.slug)
    answer = known.answers[system.pk] if system else None
    record = entry.record or _record_of_row(entry, answer)
    owner = record.owner if record else str(entry.values.get("owner", ""))
    row.new_team = False
    stays = system is not None and system.team.slug == owner
    if owner and not stays and (reason := _owner_refused(owner, row, known)) is not None:
        entry.refuse(reason, "owner")
    if record is None or entry.problems:
        return
    entry.record = record
    if system is None or answer is None:
        row.claims = _claims(record, documents.Derived(), "draft")
        row.changes, row.before, row.system_pk, row.revision = [], None, None, None
        row.status, row.needs_reason = Status.NEW, False
        return
    governance = answer.record["governance"]
    derived = documents.Derived(governance.get("impact_assessment_id"), None, governance["approved_by"])
    row.claims = _claims(record, derived, system.stage, governance.get("last_reviewed"))
    after = documents.with_derived(record.document(), answer.record)
    differences = list(changes(answer.record, after))
    row.changes = [change.as_dict() for change in differences]
    row.before, row.system_pk, row.revision = answer.record, system.pk, system.revision
    row.status = Status.CHANGED if differences else Status.UNCHANGED
    row.needs_reason = False
    if differences and system.stage in services.IN_USE:
        sides = documents.signable(answer.record, None), documents.signable(after, None)
        row.needs_reason = bool(services.material_for_signatures(sides))


def _owner_refused(owner: str, row: ImportRow, known: _Known) -> str | None:
    """Why the person may not bring in a system of this owner; None if they may."""
    team = known.teams.get(owner)
    if team is None:
        if known.may_add_teams:
            row.new_team = True
            return None
        return _("There is no team “%(team)s”. Ask the compliance lead to create it, or correct `owner`.") % {
            "team": owner
        }
    if not team.is_active:
        return _("The team “%(team)s” is switched off, and owns nothing. Choose another team.") % {
            "team": owner
        }
    if known.everywhere or team.pk in known.by.team_ids:
        return None
    return _("You are not in the team “%(team)s”, which owns this system.") % {"team": owner}


def _record_of_row(entry: _Entry, answer: gate.Answer | None) -> Record | None:
    """The record that a row of a sheet describes; None, with the entry's problems, where there is none.

    On a system that is there already the row is laid over its record: a blank cell leaves what is there. What
    a refused cell would have said is left away, so that all else that is wrong with the row is told too.
    """
    document: dict[str, Any] = {}
    told = {problem.column for problem in entry.problems}
    if not entry.places:
        return None
    if answer:
        document = copy.deepcopy(documents.without_derived(answer.record))
    elif missing := [path for path in REQUIRED if path not in entry.values]:
        for path in missing:
            if entry.places.get(path, -1) + 1 not in told:
                empty = _("“%(field)s” is empty, and a new system needs it.") % {"field": FIELDS[path].label}
                entry.refuse(empty, path)
            document[path] = "x"  # for the other problems to be found
    for path, value in entry.values.items():
        _put(document, path, _joined(FIELDS[path], value, documents.value_at(document, path)))
    try:
        record = Record.model_validate(document)
    except ValidationError as error:
        for path, message in problems_by_path(error, document, Record):
            entry.refuse(message, _column_path(path, entry.places))
        return None
    return None if entry.problems else record


def _joined(of: Field, value: Any, known: Any) -> Any:
    """A cell has no room for all that is known of a data source: what it does not say stays as it is."""
    if of.kind not in ("training", "sources") or not isinstance(known, list):
        return value
    by_name = {entry["name"]: entry for entry in known}
    if isinstance(value, str):  # one word, which may be the name of the one source that there is
        return known if list(by_name) == [value] else value
    return [by_name.get(entry.get("name"), {}) | entry for entry in value]


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *sections, key = path.split(".")
    for section in sections:
        document = document.setdefault(section, {})
    document[key] = value


def _column_path(path: str, places: dict[str, int]) -> str:
    """The field with a column of its own that a path of the record lies in."""
    while path and path not in places:
        path = path.rpartition(".")[0]
    return path


def _claims(
    record: Record, derived: documents.Derived, stage: str, last_reviewed: str | None = None
) -> list[dict[str, Any]]:
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
            found.append(Change(path, value, claimed).as_dict())
    return found


# --- Keeping -----------------------------------------------------------------------------------------------


def _settle(entry: _Entry) -> None:
    """Write into the row what was found."""
    row, record = entry.row, entry.record
    row.problems = [[problem.line, problem.column, problem.message] for problem in sorted(entry.problems)]
    if record is not None:
        row.slug, row.name, row.owner = record.id, record.name, record.owner
    else:
        row.slug, row.name, row.owner = (
            str(entry.values.get(path, ""))[:most]
            for path, most in (("id", 64), ("name", 200), ("owner", 64))
        )
    if entry.problems:
        row.status, row.claims, row.changes, row.before = Status.REFUSED, [], [], None
        row.system_pk, row.revision, row.needs_reason, row.new_team = None, None, False, False
    writes = row.status in (Status.NEW, Status.CHANGED)
    row.document = record.document() if record is not None and writes else None


def place_of(batch: ImportBatch, problem: Sequence[Any]) -> str:
    """Where a problem is, as people find it: B17, or line and column of a file."""
    line, column, _message = problem
    if batch.headers is not None:
        return address(column - 1, line)
    return _("Line %(line)d, column %(column)d") % {"line": line, "column": column}
