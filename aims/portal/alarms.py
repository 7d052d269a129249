"""Who hears that history was changed: compliance lead, data protection officer, administrators."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts.roles import Role
from aims.ledger.models import Verification
from aims.notifications.addressees import Addressees
from aims.notifications.kinds import Kind
from aims.notifications.telling import Message, tell_all

TAMPERING = Kind(
    "tampering",
    gettext_lazy("Changed history"),
    gettext_lazy("When verification finds that something was changed after it was written."),
    must=True,
)
HEARS = (Role.LEAD, Role.DPO, Role.ADMIN)
SHOWN = 3
"""Findings that stand in the notice itself."""


def verification_failed(run: Verification, findings: str) -> None:
    """Tell everybody in charge, once of the same findings however often they are found."""
    addressees = Addressees(timezone.localdate())
    people = addressees.active & {person for role in HEARS for person in addressees.holders[role]}
    count = len(run.findings)
    title = ngettext(
        "History was changed: %(count)d finding", "History was changed: %(count)d findings", count
    )
    lines = [str(finding["message"]) for finding in run.findings[:SHOWN]]
    if count > SHOWN:
        lines.append(_("And %(count)d more.") % {"count": count - SHOWN})
    lines.append(_("Keep a copy of the database as it is now, and find out who could write to it."))
    tell_all(
        Message(
            recipient=person,
            kind=TAMPERING.key,
            subject="ledger",
            occasion=findings,
            title=title % {"count": count},
            text="\n".join(lines),
            url=reverse("ledger"),
        )
        for person in sorted(people)
    )
