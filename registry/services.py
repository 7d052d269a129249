"""Writes to the registry. Every door (form, admin, import, command) comes through here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import Team, User
from aims.ledger import trail
from aims.ledger.changes import Change, changes
from aims.policy.policies import shipped
from aims.signoffs.standing import material_changes
from registry import documents, gate, notices, snapshots, stages
from registry.choices import Environment, Stage
from registry.errors import Conflict, IdTaken, ReasonNeeded, WrongStage
from registry.models import AISystem, GateDecision
from registry.schema import Record


@dataclass(frozen=True, slots=True)
class Registration:
    """A system to be registered. The reason stays in its history."""

    record: Record
    team: Team
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A new content of a system's record; `revision` is the one that the editor saw."""

    pk: int
    revision: int
    record: Record
    team: Team
    reason: str = ""


def system_create(record: Record, *, team: Team, by: User, reason: str = "") -> AISystem:
    """Register a system, as `systems_create` does."""
    return systems_create([Registration(record, team, reason)], by=by)[0]


def system_update(
    system: AISystem, record: Record, *, team: Team, by: User, revision: int, reason: str = ""
) -> AISystem:
    """Write a new content of the record, as `systems_update` does."""
    return systems_update([Edit(system.pk, revision, record, team, reason)], by=by)[0]


@transaction.atomic
def systems_create(registrations: Sequence[Registration], *, by: User) -> list[AISystem]:
    """Register systems, all or none, in their order; some hundreds at once. Each starts as a draft, whatever
    its record claims of its stage.

    Raises PermissionDenied, and IdTaken, also where somebody else was faster by a moment.
    """
    for team in {registration.team for registration in registrations}:
        if not may_take(team, by):
            raise PermissionDenied(_("You can register systems only for your own teams."))
    systems = []
    for registration in registrations:
        system = AISystem(team=registration.team, edited_by=by, **documents.columns_of(registration.record))
        _clean(system)
        trail.note(system, by=by, reason=registration.reason or _("Registered"))
        systems.append(system)
    try:
        with transaction.atomic():
            trail.create_all(systems)
    except IntegrityError as error:
        slugs = [system.slug for system in systems]
        if len(set(slugs)) < len(slugs) or AISystem.objects.filter(slug__in=slugs).exists():
            raise IdTaken from error
        raise
    snapshots.refresh(systems)
    return systems


@transaction.atomic
def systems_update(edits: Sequence[Edit], *, by: User) -> list[AISystem]:
    """Write new contents of records, all or none; some hundreds at once. Returns the systems as they are
    then, in the order of the edits; unchanged content writes nothing.

    Raises Conflict if a revision has moved on, PermissionDenied, ReasonNeeded for a material change of a
    system in use without a reason, and AISystem.DoesNotExist.
    """
    current = locked_all([edit.pk for edit in edits])
    if any(edit.pk not in current for edit in edits):
        raise AISystem.DoesNotExist
    changed = [current[edit.pk] for edit in edits if _edit(current[edit.pk], edit, by)]
    trail.update_all(changed, _WRITTEN)
    snapshots.refresh(changed)
    return [current[edit.pk] for edit in edits]


_WRITTEN = (
    *(column for column in documents.COLUMNS.values() if column != "slug"),
    "team",
    "revision",
    "edited_by",
    "updated_at",
)


def _edit(current: AISystem, edit: Edit, by: User) -> bool:
    """Put the content into the system, not yet into the database; whether it differs from what was there."""
    if not by.has_perm("registry.change_aisystem", current):
        raise PermissionDenied(_("You can change only the systems of your own teams."))
    if edit.team.pk != current.team_id and not may_take(edit.team, by):
        raise PermissionDenied(
            _("You can hand a system only to a team of your own. Ask the compliance lead.")
        )
    if current.revision != edit.revision:
        raise Conflict(current)
    before = documents.record_of(current)
    values = documents.columns_of(edit.record)
    values.pop("slug")
    for column, value in values.items():
        setattr(current, column, value)
    current.team = edit.team
    if not list(changes(before, documents.record_of(current))):
        return False
    if (
        current.stage in IN_USE
        and not edit.reason.strip()
        and material_for_signatures(differences_to(before, current))
    ):
        raise ReasonNeeded(
            _(
                "This system is in use, and the change touches what was signed. "
                "Say why: signatures will be asked for again."
            )
        )
    current.revision += 1
    current.edited_by = by
    current.updated_at = timezone.now()
    _clean(current)
    trail.note(current, by=by, reason=edit.reason.strip())
    return True


@transaction.atomic
def systems_unregister(pks: Iterable[int], *, by: User, reason: str) -> None:
    """Take registrations back that nothing was built upon yet: the ids are free again, the history stays.

    Raises PermissionDenied, and ProtectedError where something hangs on one of them, such as an assessment.
    """
    systems = list(locked_all(pks).values())
    for system in systems:
        if not by.has_perm("registry.change_aisystem", system):
            raise PermissionDenied(_("You can change only the systems of your own teams."))
        trail.note(system, by=by, reason=reason)
    trail.delete_all(systems)


def may_take(team: Team, by: User) -> bool:
    """Whether the person may register systems for the team, or hand it one.

    One that is switched off takes none: nobody would see to them.
    """
    if not team.is_active:
        return False
    return by.may_everywhere("registry.add_aisystem") or team.pk in by.team_ids


IN_USE = frozenset({Stage.CANARY, Stage.PRODUCTION, Stage.SUSPENDED})
"""Stages in which a change of what was signed asks for a reason."""


def differences_to(before: dict[str, Any], system: AISystem) -> tuple[dict[str, Any], dict[str, Any]]:
    """What signatures would have covered before, and cover now, the assessment left aside."""
    return documents.signable(before, None), documents.signable(documents.record_of(system), None)


def material_for_signatures(sides: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, list[Change]]:
    """Role -> changes between the two sides that make its signature stale."""
    return material_changes(gate.SUBJECT, *sides, shipped())


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a transition: the system as it is now, and the gate's answer if it was asked."""

    system: AISystem
    done: bool
    answer: gate.Answer | None = None
    decision: GateDecision | None = None


@transaction.atomic
def system_move(system: AISystem, transition_name: str, *, by: User, reason: str = "") -> Moved:
    """Carry out a transition of the table in `stages`.

    A gated one asks the gate; its answer is stored as a GateDecision either way, and a refusal is an
    answer, not an error: `Moved.done` is False. Raises WrongStage, PermissionDenied, ReasonNeeded.
    """
    transition = stages.TRANSITIONS[transition_name]
    current = locked(system.pk)
    if not by.has_perm(transition.permission, current):
        raise PermissionDenied(
            _("Your roles do not let you do this with %(system)s: “%(action)s”.")
            % {"system": current.name, "action": transition.label}
        )
    if current.stage not in transition.sources:
        raise WrongStage(current, transition)
    if transition.needs_reason and not reason.strip():
        raise ReasonNeeded(_("Say why. The reason stays in the trail."))
    if not transition.gated:
        _enter(current, transition, by=by, reason=reason)
        return Moved(current, done=True)
    answer = gate.judge(current)
    if any(signature.signoff and signature.signoff.signer_id == by.pk for signature in answer.signatures):
        raise PermissionDenied(
            _("You signed this system. Somebody else asks for the step: who requests is never who approves.")
        )
    decision = GateDecision.objects.create(
        system=current,
        transition=transition.name,
        source=current.stage,
        target=transition.target,
        verdict=answer.verdict,
        answer=answer.as_dict(),
        record=answer.document,
        policy_revision=answer.policy_revision,
        asked_by=by,
        reason=reason.strip(),
    )
    if answer.allows:
        current.stage_decision = decision
        _enter(current, transition, by=by, reason=reason)
    return Moved(current, done=answer.allows, answer=answer, decision=decision)


def locked(pk: int) -> AISystem:
    """The system as it is now, locked until the end of the transaction."""
    return _for_update().get(pk=pk)


def locked_all(pks: Iterable[int]) -> dict[int, AISystem]:
    """The systems as they are now, by their keys, locked until the end of the transaction."""
    systems = _for_update().filter(pk__in=list(pks)).order_by("pk")
    return {system.pk: system for system in systems}


def _for_update() -> QuerySet[AISystem]:
    return AISystem.objects.select_for_update(of=("self",)).select_related("team", "edited_by")


def _enter(system: AISystem, transition: stages.Transition, *, by: User, reason: str) -> None:
    system.stage = transition.target
    if transition.target == Stage.PRODUCTION:
        system.environment = Environment.PRODUCTION
    if transition.target == Stage.RETIRED and (
        system.decommission_date is None or system.decommission_date > timezone.localdate()
    ):
        system.decommission_date = timezone.localdate()
    _save(system, by=by, reason=": ".join(filter(None, (str(transition.label), reason.strip()))))
    if transition.target == Stage.SUSPENDED:
        notices.suspended(system, by=by, reason=reason.strip())


def _save(system: AISystem, *, by: User, reason: str) -> None:
    _clean(system)
    trail.save(system, by=by, reason=reason)
    snapshots.refresh([system])


def _clean(system: AISystem) -> None:
    """Check the columns. Uniqueness, constraints and references the database checks, without a race."""
    system.full_clean(exclude=_REFERENCES, validate_unique=False, validate_constraints=False)


_REFERENCES = ("team", "edited_by", "stage_decision")
