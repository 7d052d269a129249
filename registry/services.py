"""Writes to the registry. Every door (form, admin, import, command) comes through here."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import Team, User
from aims.ledger import trail
from aims.ledger.changes import Change, changes
from aims.policy.policies import shipped
from aims.signoffs.standing import material_changes
from registry import documents, gate, snapshots, stages
from registry.choices import Environment, Stage
from registry.errors import Conflict, IdTaken, ReasonNeeded, WrongStage
from registry.models import AISystem, GateDecision
from registry.schema import Record


@transaction.atomic
def system_create(record: Record, *, team: Team, by: User, reason: str = "") -> AISystem:
    """Register a system. It starts as a draft, whatever the record claims of its stage.

    Raises PermissionDenied, and IdTaken, also where somebody else was faster by a moment.
    """
    if not (by.may_everywhere("registry.add_aisystem") or team.pk in by.team_ids):
        raise PermissionDenied(_("You can register systems only for your own teams."))
    system = AISystem(team=team, edited_by=by, **documents.columns_of(record))
    try:
        with transaction.atomic():
            _save(system, by=by, reason=reason or _("Registered"))
    except IntegrityError as error:
        if AISystem.objects.filter(slug=record.id).exists():
            raise IdTaken from error
        raise
    return system


@transaction.atomic
def system_update(
    system: AISystem, record: Record, *, team: Team, by: User, revision: int, reason: str = ""
) -> AISystem:
    """Write a new content of the record. Returns the system as it is then; unchanged content writes nothing.

    `revision` is the one that the editor saw. Raises Conflict if it has moved on, PermissionDenied, and
    ReasonNeeded for a material change of a system in use without a reason.
    """
    current = locked(system.pk)
    if not by.has_perm("registry.change_aisystem", current):
        raise PermissionDenied(_("You can change only the systems of your own teams."))
    if team.pk != current.team_id and not (
        by.may_everywhere("registry.add_aisystem") or team.pk in by.team_ids
    ):
        raise PermissionDenied(
            _("You can hand a system only to a team of your own. Ask the compliance lead.")
        )
    if current.revision != revision:
        raise Conflict(current)
    before = documents.record_of(current)
    values = documents.columns_of(record)
    values.pop("slug")
    for column, value in values.items():
        setattr(current, column, value)
    current.team = team
    differences = list(changes(before, documents.record_of(current)))
    if not differences:
        return current
    if (
        current.stage in IN_USE
        and not reason.strip()
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
    _save(current, by=by, reason=reason.strip())
    return current


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
    return AISystem.objects.select_for_update(of=("self",)).select_related("team", "edited_by").get(pk=pk)


def _enter(system: AISystem, transition: stages.Transition, *, by: User, reason: str) -> None:
    system.stage = transition.target
    if transition.target == Stage.PRODUCTION:
        system.environment = Environment.PRODUCTION
    if transition.target == Stage.RETIRED and (
        system.decommission_date is None or system.decommission_date > timezone.localdate()
    ):
        system.decommission_date = timezone.localdate()
    _save(system, by=by, reason=": ".join(filter(None, (str(transition.label), reason.strip()))))


def _save(system: AISystem, *, by: User, reason: str) -> None:
    system.full_clean(validate_unique=False, validate_constraints=False)  # the database does, without a race
    trail.save(system, by=by, reason=reason)
    snapshots.refresh([system])
