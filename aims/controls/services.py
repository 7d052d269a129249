"""Writing the catalogue into the database."""

from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from django.db import transaction

from aims.controls.catalogue import Catalogue
from aims.controls.models import Clause, Control

Row = TypeVar("Row", Control, Clause)


@dataclass(slots=True)
class Loaded:
    """What a load did, by number of control or clause."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    """In the database, no longer in the files. They stay: other rows may speak of them."""


@transaction.atomic
def catalogue_load(catalogue: Catalogue) -> Loaded:
    """Bring controls and clauses to what the files say. A second run changes nothing."""
    loaded = Loaded()
    edition = {"standard": catalogue.standard, "checked_on": catalogue.checked_on}
    controls = {control.ref: control for control in Control.objects.all()}
    for position, entry in enumerate(catalogue.controls, 1):
        area = catalogue.areas[entry.area]
        values = {
            **entry.model_dump(exclude={"ref", "group"}),
            **edition,
            "position": position,
            "area_title": area.title,
            "objective": area.objective,
            "group_title": next((group.title for group in area.groups if group.ref == entry.group), ""),
            "crosswalk": [asdict(reference) for reference in catalogue.references.get(entry.ref, ())],
        }
        controls[entry.ref] = _save(controls.get(entry.ref) or Control(ref=entry.ref), values, loaded)
    clauses = {clause.ref: clause for clause in Clause.objects.prefetch_related("controls")}
    for position, clause_entry in enumerate(catalogue.clauses, 1):
        values = {
            **clause_entry.model_dump(include={"title", "summary"}),
            **edition,
            "position": position,
            "documented_information": clause_entry.documented_information or "",
            "parent_id": clauses[clause_entry.parent].pk if clause_entry.parent else None,
        }
        clause = _save(clauses.get(clause_entry.ref) or Clause(ref=clause_entry.ref), values, loaded)
        clauses[clause_entry.ref] = clause
        related = {controls[ref] for ref in clause_entry.related_controls}
        if related != set(clause.controls.all()):
            clause.controls.set(related)
            if clause.ref in loaded.unchanged:
                loaded.unchanged.remove(clause.ref)
                loaded.changed.append(clause.ref)
    known = {entry.ref for entry in catalogue.controls} | {entry.ref for entry in catalogue.clauses}
    loaded.orphaned = [ref for ref in (*controls, *clauses) if ref not in known]
    return loaded


def _save(row: Row, values: dict[str, Any], loaded: Loaded) -> Row:
    """Write what differs and note what was done."""
    if row.pk is None:
        done = loaded.created
    elif any(getattr(row, name) != value for name, value in values.items()):
        done = loaded.changed
    else:
        loaded.unchanged.append(row.ref)
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    done.append(row.ref)
    return row
