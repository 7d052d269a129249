"""An impact assessment as a subject of sign-off: what is signed, by whom, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import SIGNING
from aims.signoffs import subjects
from aims.signoffs.models import Decision, SignOff
from assessments import presentation, services
from assessments.approval import SUBJECT, required_roles, signed_document
from assessments.models import Assessment, AssessmentQuerySet
from assessments.outline import outline
from assessments.schema import Content
from assessments.states import State
from registry import presentation as record_words
from registry.services import locked as locked_system

_KEY = re.compile(r"^(?P<ref>IA-\d{4}-\d{3,})(?:-v(?P<version>\d+))?$")


def authors_of(ids: Iterable[int]) -> dict[int, frozenset[Any]]:
    """Assessment id -> everybody who wrote or submitted any of that version, or of one before it: a new
    version starts with the text of the last. Two queries."""
    return _authors(Assessment.objects.filter(pk__in=list(ids)))


def authors_of_systems(system_ids: Iterable[int]) -> dict[int, frozenset[Any]]:
    """System id -> authors of its current approved assessment, which a signature of the system covers too."""
    return _authors(Assessment.objects.current().filter(system__in=list(system_ids)), by="system_id")


def _authors(versions: AssessmentQuerySet, by: str = "pk") -> dict[int, frozenset[Any]]:
    wanted = {
        key: (system, version)
        for key, system, version in versions.order_by().values_list(by, "system_id", "version")
    }
    written = Assessment.history.filter(system_id__in={system for system, _version in wanted.values()})
    fields = "system_id", "version", "edited_by_id", "submitted_by_id"
    rows = list(written.order_by().values_list(*fields).distinct())
    return {
        key: frozenset(
            person
            for of, number, *people in rows
            if of == system and number <= version
            for person in people
            if person is not None
        )
        for key, (system, version) in wanted.items()
    }


def subject_of(assessment: Assessment) -> subjects.Subject:
    is_open = assessment.state == State.SUBMITTED
    return subjects.Subject(
        kind=SUBJECT,
        id=assessment.pk,
        title=_("%(system)s: impact assessment %(ref)s, version %(version)d")
        % {"system": assessment.system.name, "ref": assessment.ref, "version": assessment.version},
        url=assessment.get_absolute_url(),
        key=f"{assessment.ref}-v{assessment.version}",
        document=signed_document(assessment),
        required=required_roles(assessment),
        authors=authors_of([assessment.pk])[assessment.pk],
        open=is_open,
        closed_because="" if is_open else _closed_because(assessment),
    )


def _closed_because(assessment: Assessment) -> str:
    if assessment.is_editable:
        return _("This assessment is still being written. It can be decided once it is submitted.")
    return _("This assessment has been decided: %(state)s.") % {"state": assessment.get_state_display()}


def _find(user: User, key: str) -> Assessment:
    """By reference (its newest version), or by reference and version: `IA-2026-014-v2`."""
    match = _KEY.match(key)
    if match is None:
        raise Http404
    found = Assessment.objects.visible_to(user).filter(ref=match["ref"]).select_related("system__team")
    if match["version"]:
        found = found.filter(version=int(match["version"]))
    assessment = found.order_by("-version").first()
    if assessment is None:
        raise Http404
    return assessment


def _load(user: User, key: str) -> subjects.Subject:
    return subject_of(_find(user, key))


def _load_by_id(user: User, pk: int) -> subjects.Subject:
    found = Assessment.objects.visible_to(user).select_related("system__team").filter(pk=pk).first()
    if found is None:
        raise Http404
    return subject_of(found)


def _load_locked(user: User, key: str) -> subjects.Subject:
    found = _find(user, key)
    locked_system(found.system_id)
    return subject_of(services.locked(found.pk))


def _sections(document: dict[str, Any]) -> Iterator[subjects.Section]:
    """The six sections of the assessment, then the record that it was written about."""
    for part in outline(Content.of(document["content"])):
        yield subjects.Section(part.title, html=render_to_string("assessments/_part.html", {"part": part}))
    for section in record_words.sections(document["record"] or {}):
        yield subjects.Section(
            _("Record: %(section)s") % {"section": section.title}, section.rows, section.html
        )


def _meaning(subject: subjects.Subject, role: str) -> str:
    return _(
        "I have read “%(title)s” and the record that it was written about. The impacts are described fully "
        "and rated fairly, and I agree with the decision that it comes to."
    ) % {"title": subject.title}


def _decided(subject: subjects.Subject, signoff: SignOff) -> None:
    assessment = Assessment.objects.get(pk=subject.id)
    if signoff.decision == Decision.CHANGES:
        _move(assessment, "request_changes", signoff)
    elif signoff.decision == Decision.REJECT:
        _move(assessment, "decline", signoff)
    else:
        _approved(assessment, signoff)


def _withdrawn(withdrawal: SignOff) -> None:
    """A decided version goes back to decision when a signature that decided it is withdrawn. If a newer one
    has followed, there is nothing to decide again: an approval then simply ends."""
    assessment = Assessment.objects.get(pk=withdrawal.subject_id)
    # The system's row orders this against somebody who begins a new version just now.
    locked_system(assessment.system_id)
    assessment = services.locked(assessment.pk)
    state, withdrawn = State(assessment.state), withdrawal.withdraws
    if state == State.SUBMITTED:
        _approved(assessment, withdrawal)  # one more has yet to approve
    decided_so = {State.APPROVED: Decision.APPROVE, State.DECLINED: Decision.REJECT}.get(state)
    if withdrawn is None or withdrawn.decision != decided_so:
        return
    if not Assessment.objects.filter(system=assessment.system_id, version__gt=assessment.version).exists():
        _approved(_move(assessment, "reopen", withdrawal), withdrawal)
    elif state == State.APPROVED:
        _move(assessment, "revoke", withdrawal)


def _move(assessment: Assessment, name: str, signoff: SignOff) -> Assessment:
    return services.move(assessment, name, by=signoff.signer, reason=signoff.reason, at=signoff.signed_at)


def _approved(assessment: Assessment, signoff: SignOff) -> None:
    services.approved(assessment, by=signoff.signer, reason=signoff.reason, at=signoff.signed_at)


def _waiting_for(user: User, limit: int) -> Iterator[subjects.Waiting]:
    """The first submitted assessments that wait for a role of this person, the longest waiting first."""
    waiting = _waiting(user).select_related("system", "submitted_by").order_by("submitted_at", "pk")
    for assessment in waiting.only(*_SHOWN)[:limit]:
        reasons = required_roles(assessment)
        for role in user.roles & SIGNING:
            if f"|{role.value}|" in assessment.open_roles:
                yield subjects.Waiting(
                    title=assessment.system.name,
                    request=_("Decide about the impact assessment %(ref)s") % {"ref": assessment.ref},
                    role=role,
                    url=reverse("signoffs:decide", args=[SUBJECT, assessment.ref]),
                    since=assessment.submitted_at or assessment.updated_at,
                    detail=_("Submitted by %(who)s; %(why)s.")
                    % {"who": assessment.submitted_by, "why": reasons.get(role.value, "")},
                )


_SHOWN = (
    "ref",
    "version",
    "decision",
    "residual",
    "record",
    "open_roles",
    "submitted_at",
    "updated_at",
    "submitted_by__name",
    "system__name",
)


def _waiting(user: User) -> AssessmentQuerySet:
    """Submitted assessments that wait for a role of this person, by the projection `open_roles`."""
    asked = Q()
    for role in user.roles & SIGNING:
        asked |= Q(open_roles__contains=f"|{role.value}|")
    if not asked:
        return Assessment.objects.none()
    return Assessment.objects.visible_to(user).filter(asked, state=State.SUBMITTED)


KIND = subjects.Kind(
    name=SUBJECT,
    label=gettext_lazy("Impact assessment"),
    load=_load,
    load_locked=_load_locked,
    load_by_id=_load_by_id,
    sections=_sections,
    meaning=_meaning,
    decided=_decided,
    withdrawn=_withdrawn,
    waiting_for=_waiting_for,
    all_waiting=_waiting,
    change_rows=presentation.signed_changes,
)
