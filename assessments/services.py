"""Writes to assessments. Every door (form, admin, command, signature) comes through here.

Whoever moves a state locks the system's row first and the assessment's row second: the gate decides under
the same lock.
"""

from __future__ import annotations

import datetime as dt
import secrets
import string

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from aims.accounts.models import User
from aims.ledger import trail
from aims.signoffs.subjects import canonical, digest
from assessments import notices
from assessments.approval import open_roles, signed_document
from assessments.completeness import missing
from assessments.errors import Conflict, Incomplete, WrongState
from assessments.merge import merge
from assessments.models import Assessment, ReferenceYear
from assessments.prefill import prefilled
from assessments.schema import Content
from assessments.states import EDITABLE, TRANSITIONS, State, Transition
from registry import documents, snapshots
from registry.choices import Stage
from registry.models import AISystem
from registry.services import locked as locked_system
from registry.services import system_move


@transaction.atomic
def begin(system: AISystem, *, by: User) -> Assessment:
    """The open assessment of a system: the one there is, else a new version, else the first one.

    The first is filled from the record. A draft system moves to the stage `assessment`, one that was
    reopened too. Raises PermissionDenied, and WrongState for a retired system.
    """
    system = locked_system(system.pk)
    if not by.has_perm("assessments.add_assessment", system):
        raise PermissionDenied(_("You can assess only the systems of your own teams."))
    if system.stage == Stage.RETIRED:
        raise WrongState(_("%(system)s is retired. Reopen it before you assess it.") % {"system": system})
    _leave_draft(system, by=by)
    newest = Assessment.objects.newest().select_related("edited_by").filter(system=system).first()
    if newest is not None:
        newest.system = system
        return newest if newest.is_open else _next_version(newest, by=by)
    first = Assessment(
        system=system,
        ref=_next_reference(timezone.localdate().year),
        content=prefilled(documents.record_of(system)).document(),
        edited_by=by,
        created_by=by,
    )
    _save(first, by=by, reason=_("Begun"))
    return first


def _leave_draft(system: AISystem, *, by: User) -> None:
    if system.stage == Stage.DRAFT:
        system_move(system, "assess", by=by)


@transaction.atomic
def new_version(assessment: Assessment, *, by: User) -> Assessment:
    """Begin a new version from the newest, which has been decided. Raises PermissionDenied, WrongState."""
    system = locked_system(assessment.system_id)
    newest = Assessment.objects.newest().get(system=system)
    newest.system = system
    if not by.has_perm("assessments.add_assessment", newest):
        raise PermissionDenied(_("You can assess only the systems of your own teams."))
    if newest.is_open:
        raise WrongState.of(newest, _("Begin a new version"))
    if system.stage == Stage.RETIRED:
        raise WrongState(_("%(system)s is retired. Reopen it before you assess it.") % {"system": system})
    _leave_draft(system, by=by)
    return _next_version(newest, by=by)


def _next_version(newest: Assessment, *, by: User) -> Assessment:
    following = Assessment(
        system=newest.system,
        ref=newest.ref,
        version=newest.version + 1,
        content=newest.content,
        edited_by=by,
        created_by=by,
    )
    _save(following, by=by, reason=_("New version begun"))
    return following


@transaction.atomic
def save(assessment: Assessment, content: Content, *, by: User, revision: int) -> Assessment:
    """Write what an editor made of revision `revision`, merged with what others have saved since.

    Fields that only one side changed are kept from that side. Returns the assessment as it is then;
    unchanged content writes nothing. Raises PermissionDenied, WrongState, and Conflict where both sides
    changed the same field; nothing is written then.
    """
    current = locked(assessment.pk)
    _ask_permission(current, "assessments.change_assessment", by, _("edit"))
    if current.state not in EDITABLE:
        raise WrongState.of(current, _("Edit"))
    wanted = content.document()
    if revision != current.revision:
        base = current.content_at(revision)
        if base is None:
            raise WrongState(
                _("This page is too old to be saved. Load it again; your text stays in this browser.")
            )
        wanted, clashes = merge(base, wanted, current.content)
        merged = _parsed(wanted)
        if clashes:
            raise Conflict(current, merged, clashes)
        wanted = merged.document()
    if wanted == current.content:
        return current
    current.content = wanted
    current.revision += 1
    current.edited_by = by
    _save(current, by=by)
    return current


@transaction.atomic
def submit(assessment: Assessment, *, by: User) -> Assessment:
    """Put a version up for decision, together with the record as it is now.

    Raises Incomplete with what is missing, PermissionDenied, WrongState.
    """
    current = move(assessment, "submit", by=by)
    _leave_draft(current.system, by=by)
    if lacking := missing(current.parsed, today=timezone.localdate()):
        raise Incomplete(lacking)
    # Taken back and submitted unchanged, it may have every approval already.
    return approved(current, by=by)


@transaction.atomic
def approved(
    assessment: Assessment, *, by: User, reason: str = "", at: dt.datetime | None = None
) -> Assessment:
    """Carry the approval out if all who have to approve exactly this have done so; else note who has not.

    The signatures are the decision; `by` is who gave the last of them.
    """
    if open_roles(assessment):
        _note_open_roles(assessment)
        return assessment
    sha256 = digest(canonical(signed_document(assessment)))
    return move(assessment, "approve", by=by, reason=reason, sha256=sha256, at=at)


def _note_open_roles(assessment: Assessment) -> None:
    """Keep the projection for lists. It is no part of the assessment, so history does not get it."""
    roles = list(open_roles(assessment))
    assessment.open_roles = "".join(f"|{role}" for role in roles) + "|"
    Assessment.objects.filter(pk=assessment.pk).update(open_roles=assessment.open_roles)
    notices.waits(assessment, roles)


@transaction.atomic
def withdraw(assessment: Assessment, *, by: User) -> Assessment:
    """Take a submitted version back to edit it. Raises PermissionDenied, WrongState."""
    return move(assessment, "withdraw", by=by)


@transaction.atomic
def move(
    assessment: Assessment,
    name: str,
    *,
    by: User,
    reason: str = "",
    sha256: str = "",
    at: dt.datetime | None = None,
) -> Assessment:
    """Carry out a transition of the table in `states`; `sha256` and `at` come from the deciding signature.

    Raises PermissionDenied where the transition asks for a right of its own, and WrongState.
    """
    transition = TRANSITIONS[name]
    system = locked_system(assessment.system_id)
    current = locked(assessment.pk)
    current.system = system
    if transition.permission:
        _ask_permission(current, transition.permission, by, transition.label)
    if current.state not in transition.sources:
        raise WrongState.of(current, transition.label)
    _enter(current, transition, by=by, sha256=sha256, at=at or timezone.now())
    _save(current, by=by, reason=": ".join(filter(None, (str(transition.label), reason))))
    notices.decided(current, transition, by=by, reason=reason)
    if State.APPROVED in {transition.target, *transition.sources}:
        snapshots.refresh([system])  # what the gate says of the system rests on this
    return current


def _enter(current: Assessment, transition: Transition, *, by: User, sha256: str, at: dt.datetime) -> None:
    """Set what belongs to the new state, and clear what belonged to the old one."""
    current.state = transition.target
    current.open_roles = ""
    if transition.name == "submit":
        current.record = documents.signable(documents.record_of(current.system), None)
        current.submitted_by = by
        current.submitted_at = at
    if transition.target == State.APPROVED:
        current.sha256 = sha256
        current.approved_at = at
    elif transition.target != State.REVOKED:
        current.sha256 = ""
        current.approved_at = None
    current.decided_at = None if transition.target in (State.SUBMITTED, State.DRAFT) else at


def locked(pk: int) -> Assessment:
    """The assessment as it is now, locked until the end of the transaction."""
    return (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("system__team", "edited_by", "submitted_by")
        .get(pk=pk)
    )


def new_measure_id() -> str:
    """A name for a measure that nobody else gives to theirs at the same time."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _place in range(8))


def _ask_permission(assessment: Assessment, permission: str, by: User, action: object) -> None:
    if not by.has_perm(permission, assessment):
        raise PermissionDenied(
            _("Your roles do not let you do this with %(ref)s: “%(action)s”.")
            % {"ref": assessment.ref, "action": action}
        )


def _parsed(document: dict[str, object]) -> Content:
    try:
        return Content.of(document)
    except ValidationError as error:
        # Each side was valid; together they have, for instance, too many measures.
        raise WrongState(
            _("Your answers and those that somebody else saved do not fit together: %(why)s")
            % {"why": "; ".join(problem["msg"] for problem in error.errors())}
        ) from error


def _next_reference(year: int) -> str:
    """The next reference of the year. The counter's row stays locked, so a rolled back one leaves no gap."""
    ReferenceYear.objects.get_or_create(year=year)
    counter = ReferenceYear.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save()
    return f"IA-{year}-{counter.last:03d}"


def _save(assessment: Assessment, *, by: User, reason: str = "") -> None:
    if not assessment.is_frozen:
        content = assessment.parsed
        assessment.decision = content.decision.decision
        assessment.residual = content.residual_band
    trail.note(assessment, by=by, reason=reason)
    assessment.save()
