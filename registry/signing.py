"""An AI system as a subject of sign-off: what is signed, by whom, and by whom not."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import SIGNING, Role
from aims.signoffs import subjects
from aims.signoffs.models import SignOff
from registry import gate, obligations, presentation, services, snapshots
from registry.choices import Stage
from registry.models import AISystem, GateSnapshot, Obligation

_authors_elsewhere: list[Any] = []
"""Providers (system ids -> {id: person ids}) of who wrote what is signed beside the record, by upper apps."""


def register_authors(provider: Any) -> None:
    _authors_elsewhere.append(provider)


def authors_of(ids: Iterable[int]) -> dict[int, frozenset[Any]]:
    """System id -> everybody who wrote any of what a signature covers."""
    wanted = list(ids)
    found: dict[int, set[Any]] = {pk: set() for pk in wanted}
    rows = AISystem.history.filter(id__in=wanted, edited_by__isnull=False).order_by()
    for pk, person in rows.values_list("id", "edited_by_id").distinct():
        found[pk].add(person)
    for provider in _authors_elsewhere:
        for pk, people in provider(wanted).items():
            found[pk] |= people
    return {pk: frozenset(people) for pk, people in found.items()}


def subject_of(answer: gate.Answer) -> subjects.Subject:
    system = answer.system
    return subjects.Subject(
        kind=gate.SUBJECT,
        id=system.pk,
        title=system.name,
        url=system.get_absolute_url(),
        key=system.slug,
        document=answer.signable,
        required={signature.role.value: signature.why for signature in answer.signatures},
        authors=authors_of([system.pk])[system.pk],
        open=system.stage != Stage.RETIRED,
        closed_because=_("The system is retired.") if system.stage == Stage.RETIRED else "",
    )


def _load(user: User, key: str) -> subjects.Subject:
    return _load_where(user, slug=key)


def _load_by_id(user: User, pk: int) -> subjects.Subject:
    return _load_where(user, pk=pk)


def _load_where(user: User, **where: Any) -> subjects.Subject:
    system = AISystem.objects.visible_to(user).select_related("team").filter(**where).first()
    if system is None:
        raise Http404
    return subject_of(gate.judge(system))


def _load_locked(user: User, key: str) -> subjects.Subject:
    system = AISystem.objects.visible_to(user).filter(slug=key).first()
    if system is None:
        raise Http404
    return subject_of(gate.judge(services.locked(system.pk)))


def _meaning(subject: subjects.Subject, role: str) -> str:
    return _(
        "I have read this record and the impact assessment that belongs to it, and I approve that "
        "“%(title)s” runs in production exactly as described."
    ) % {"title": subject.title}


def _decided(subject: subjects.Subject, signoff: SignOff) -> None:
    """Whether production is open is for the gate, when it is asked; lists get to know now."""
    snapshots.refresh_by_id([subject.id])


def _withdrawn(withdrawal: SignOff) -> None:
    # The system's row orders this against somebody who asks the gate just now.
    snapshots.refresh([services.locked(withdrawal.subject_id)])


def _waiting_for(user: User, limit: int) -> Iterator[subjects.Waiting]:
    """Systems that wait for this person's signature, never given or gone stale, by their snapshots.

    A system is put up for signature when its assessment is approved; drafts wait for nobody. Why and until
    when stands in the tasks that policy opened for the signatures.
    """
    shown = ("awaited_roles", "system__name", "system__slug")
    waiting = list(_all_waiting(user).select_related("system").only(*shown)[:limit])
    tasks = Obligation.objects.filter(
        system__in=[snapshot.pk for snapshot in waiting],
        kind__in=obligations.signing_kinds(),
        state=Obligation.State.OPEN,
    )
    by_role = {(task.system_id, task.role): task for task in tasks} if waiting else {}
    roles = [role for role in Role if role in user.roles & SIGNING]
    for snapshot in waiting:
        for role in roles:
            if f"|{role.value}|" not in snapshot.awaited_roles:
                continue
            task = by_role.get((snapshot.pk, role.value))
            yield subjects.Waiting(
                title=snapshot.system.name,
                request=_("Sign for production"),
                role=role,
                url=reverse("signoffs:decide", args=[gate.SUBJECT, snapshot.system.slug]),
                since=snapshot.since,  # type: ignore[attr-defined]  # annotated
                detail=task.why if task else "",
                due=task.due if task else None,
            )


def _all_waiting(user: User) -> QuerySet[GateSnapshot]:
    return snapshots.waiting_for(user) if user.roles & SIGNING else GateSnapshot.objects.none()


KIND = subjects.Kind(
    name=gate.SUBJECT,
    label=gettext_lazy("AI system"),
    load=_load,
    load_locked=_load_locked,
    load_by_id=_load_by_id,
    sections=presentation.sections,
    meaning=_meaning,
    decided=_decided,
    withdrawn=_withdrawn,
    waiting_for=_waiting_for,
    all_waiting=_all_waiting,
    change_rows=presentation.change_rows,
)
