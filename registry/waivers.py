"""A waiver as a subject of sign-off: what is signed, by whom, and what follows.

A waiver puts a task off until a day. It opens no gate: the gate asks its own rules.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import SIGNING
from aims.ledger import trail
from aims.signoffs import subjects
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.standing import latest_decisions
from registry import services
from registry.models import Obligation, Waiver
from registry.obligation_services import SUBJECT, waiver_signers

State = Waiver.State


def subject_of(waiver: Waiver) -> subjects.Subject:
    task = waiver.obligation
    days = (waiver.until - timezone.localdate(waiver.requested_at)).days
    closed = _closed_because(waiver)
    return subjects.Subject(
        kind=SUBJECT,
        id=waiver.pk,
        title=_("Waiver: %(task)s, %(system)s")
        % {"task": waiver.document["title"], "system": task.system.name},
        url=task.get_absolute_url(),
        key=str(waiver.pk),
        document=dict(waiver.document),
        required=waiver_signers(task, days),
        authors=frozenset({waiver.requested_by_id}),
        open=not closed,
        closed_because=closed,
    )


def _closed_because(waiver: Waiver) -> str:
    if waiver.state != State.ASKED:
        return _("This waiver has been decided: %(state)s.") % {"state": waiver.get_state_display()}
    if waiver.obligation.state != Obligation.State.OPEN:
        return _("The task is not open any more, so there is nothing to waive.")
    if waiver.requested_at < waiver.obligation.opened_at:
        return _("The task has been opened anew since this waiver was asked for. Ask again.")
    if waiver.until < timezone.localdate():
        return _("The day until which the task was to wait has passed.")
    return ""


def _find(user: User, **where: Any) -> Waiver:
    rows = Waiver.objects.select_related("obligation__system__team", "requested_by")
    waiver = rows.filter(obligation__in=Obligation.objects.visible_to(user).order_by(), **where).first()
    if waiver is None:
        raise Http404
    return waiver


def _load(user: User, key: str) -> subjects.Subject:
    return subject_of(_find(user, pk=_number(key)))


def _number(key: str) -> int:
    if not key.isascii() or not key.isdecimal() or len(key) > 18:
        raise Http404
    return int(key)


def _load_locked(user: User, key: str) -> subjects.Subject:
    services.locked(_find(user, pk=_number(key)).obligation.system_id)
    return _load(user, key)


def _load_by_id(user: User, pk: int) -> subjects.Subject:
    return subject_of(_find(user, pk=pk))


def _sections(document: dict[str, Any]) -> Iterator[subjects.Section]:
    asked_by = User.objects.filter(pk=document["requested_by"]).first()
    yield subjects.Section(
        _("The task that would wait"),
        (
            (_("AI system"), f"{document['system_name']} ({document['system']})"),
            (_("Task"), document["title"]),
            (_("Why it is asked"), document["why"]),
            (_("Due"), _day(document["due"])),
        ),
    )
    yield subjects.Section(
        _("The waiver"),
        (
            (_("Last day"), _day(document["until"])),
            (_("Reason"), document["reason"]),
            (_("Asked by"), str(asked_by or document["requested_by"])),
            (_("Asked on"), _day(document["requested_on"])),
            (
                _("What it does not do"),
                _("It opens no gate. What policy asks before production is asked all the same."),
            ),
        ),
    )


def _day(text: str) -> str:
    return f"{dt.date.fromisoformat(text):%-d %B %Y}"


def _meaning(subject: subjects.Subject, role: str) -> str:
    return _(
        "I have read the reason, and I agree that this task waits until %(day)s. After that day it is open "
        "again by itself."
    ) % {"day": _day(subject.document["until"])}


def _decided(subject: subjects.Subject, signoff: SignOff) -> None:
    """Granted once everybody who has to sign has approved; one who does not agree ends the request."""
    waiver = Waiver.objects.get(pk=subject.id)
    if signoff.decision == Decision.APPROVE:
        _note(waiver, subject.required, signoff)
    else:
        _move(waiver, State.REFUSED, signoff)


def _withdrawn(withdrawal: SignOff) -> None:
    """A granted waiver ends with the first signature that is taken back; whoever needs it asks anew."""
    waiver = Waiver.objects.select_related("obligation__system").get(pk=withdrawal.subject_id)
    services.locked(waiver.obligation.system_id)
    waiver = Waiver.objects.select_related("obligation__system").get(pk=waiver.pk)
    if waiver.state == State.GRANTED:
        _move(waiver, State.ENDED, withdrawal)
    elif waiver.state == State.ASKED:
        _note(waiver, subject_of(waiver).required, withdrawal)


def _note(waiver: Waiver, required: dict[str, str], signoff: SignOff) -> None:
    """Keep which roles have yet to decide; grant the waiver if none has."""
    latest = latest_decisions(SUBJECT, [waiver.pk]).get(waiver.pk, {})
    given = {role for role, decision in latest.items() if decision.decision == Decision.APPROVE}
    missing = [role for role in sorted(required) if role not in given]
    waiver.open_roles = "".join(f"|{role}" for role in missing) + "|" if missing else ""
    if required and not missing:
        _move(waiver, State.GRANTED, signoff)
    else:
        reason = _("%(role)s: %(decision)s") % {
            "role": signoff.get_role_display(),
            "decision": signoff.get_decision_display(),
        }
        trail.save(waiver, by=signoff.signer, reason=reason)


def _move(waiver: Waiver, state: str, signoff: SignOff) -> None:
    waiver.state, waiver.open_roles = state, ""
    trail.save(waiver, by=signoff.signer, reason=f"{waiver.get_state_display()}: {signoff.reason}")


def _all_waiting(user: User) -> QuerySet[Waiver]:
    """Requests for tasks that are still open and not past their day, which a role of the person decides."""
    asked = Q()
    for role in user.roles & SIGNING:
        asked |= Q(open_roles__contains=f"|{role.value}|")
    if not asked:
        return Waiver.objects.none()
    waiting = Waiver.objects.filter(
        asked,
        state=State.ASKED,
        until__gte=timezone.localdate(),
        obligation__state=Obligation.State.OPEN,
        requested_at__gte=F("obligation__opened_at"),
    )
    if user.may_everywhere("registry.view_aisystem"):
        return waiting
    return waiting.filter(obligation__in=Obligation.objects.visible_to(user).order_by())


def _waiting_for(user: User, limit: int) -> Iterator[subjects.Waiting]:
    rows = _all_waiting(user).select_related("obligation__system", "requested_by").order_by("pk")
    shown = (
        "until",
        "document",
        "open_roles",
        "requested_at",
        "requested_by__name",
        "obligation__system__name",
    )
    for waiver in rows.only(*shown)[:limit]:
        for role in user.roles & SIGNING:
            if f"|{role.value}|" in waiver.open_roles:
                yield subjects.Waiting(
                    title=waiver.obligation.system.name,
                    request=_("Decide whether “%(task)s” may wait") % {"task": waiver.document["title"]},
                    role=role,
                    url=reverse("signoffs:decide", args=[SUBJECT, waiver.pk]),
                    since=waiver.requested_at,
                    detail=_("Until %(day)s, asked by %(who)s.")
                    % {"day": f"{waiver.until:%-d %B %Y}", "who": waiver.requested_by},
                )


KIND = subjects.Kind(
    name=SUBJECT,
    label=gettext_lazy("Waiver"),
    load=_load,
    load_locked=_load_locked,
    load_by_id=_load_by_id,
    sections=_sections,
    meaning=_meaning,
    decided=_decided,
    withdrawn=_withdrawn,
    waiting_for=_waiting_for,
    all_waiting=_all_waiting,
)
