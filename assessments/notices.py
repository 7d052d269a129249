"""What people are told about assessments: that one waits, what became of theirs, and when to look again."""

import datetime as dt
from collections.abc import Iterator

from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.notifications.addressees import holders_of
from aims.notifications.due_dates import Due
from aims.notifications.kinds import Kind
from aims.notifications.telling import Message, tell, tell_all
from assessments.models import Assessment
from assessments.states import Transition
from registry.choices import Stage
from registry.notices import DECISION, REVIEW, of_system

ASSESSMENT = Kind(
    "assessment",
    gettext_lazy("Your assessments"),
    gettext_lazy("When an assessment that you wrote or submitted was decided."),
)
KINDS = (ASSESSMENT,)

OUTCOMES = {
    "approve": gettext_lazy("%(ref)s was approved"),
    "request_changes": gettext_lazy("Changes are asked of %(ref)s"),
    "decline": gettext_lazy("%(ref)s was rejected"),
    "revoke": gettext_lazy("The approval of %(ref)s was withdrawn"),
    "reopen": gettext_lazy("%(ref)s is to be decided again"),
}
"""Transition -> what its author is told."""


def waits(assessment: Assessment, roles: list[str]) -> None:
    """Tell those who hold the roles that a submitted assessment waits for them; each once for each time that
    it is submitted."""
    if not roles or assessment.submitted_at is None:
        return
    holders = holders_of(roles, timezone.localdate())
    tell_all(
        Message(
            recipient=person,
            kind=DECISION.key,
            subject=f"assessments.assessment:{assessment.pk}",
            occasion=f"{role}:{assessment.submitted_at.isoformat()}",
            title=_("%(ref)s of %(system)s waits for your decision")
            % {"ref": assessment.ref, "system": assessment.system.name},
            text=_("You decide as %(role)s.") % {"role": Role(role).label},
            url=reverse("assessments:assessment", args=[assessment.ref]),
            scope=of_system(assessment.system_id),
        )
        for role in roles
        for person in sorted(holders[role])
    )


def decided(assessment: Assessment, transition: Transition, *, by: User, reason: str) -> None:
    """Tell those who wrote and submitted it what became of it; not whoever decided."""
    outcome = OUTCOMES.get(transition.name)
    if outcome is None:
        return
    told = {person.pk: person for person in (assessment.edited_by, assessment.submitted_by) if person}
    tell(
        [person for person in told.values() if person != by],
        kind=ASSESSMENT.key,
        subject=f"assessments.assessment:{assessment.pk}",
        title=outcome % {"ref": f"{assessment.ref}, {assessment.system.name}"},
        text=reason,
        url=reverse("assessments:assessment", args=[assessment.ref]),
        scope=of_system(assessment.system_id),
    )


_AGAIN = Cast(KT("content__decision__review_date"), models.TextField())
"""The day as text, not as JSON: ISO dates sort as text."""


def reviews(until: dt.date) -> Iterator[Due]:
    """Approved assessments that are to be looked at again by the day, by what was decided. One query."""
    rows = Assessment.objects.current().annotate(again=_AGAIN)
    rows = rows.filter(again__lte=until.isoformat()).exclude(system__stage=Stage.RETIRED)
    for pk, ref, again, approved_at, system, name, team in rows.order_by("pk").values_list(
        "pk", "ref", "again", "approved_at", "system", "system__name", "system__team"
    ):
        yield Due(
            kind=REVIEW.key,
            subject=f"assessments.assessment:{pk}",
            day=dt.date.fromisoformat(again),
            title=_("Look at %(ref)s again: %(system)s") % {"ref": ref, "system": name},
            url=reverse("assessments:assessment", args=[ref]),
            team=team,
            since=timezone.localdate(approved_at),
            scope=of_system(system),
        )


SOURCES = {"assessments": reviews}
