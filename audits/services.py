"""Writes about the gap checklist: what the compliance lead confirms, and the score of a day."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import User
from audits import history
from audits.items import RULES
from audits.models import GapScore, ItemConfirmation
from audits.scoring import Score, score
from registry import snapshots

CONFIRM = "audits.add_itemconfirmation"
SCORE = "audits.add_gapscore"

KEPT = 50
"""Missing systems of an item that the history keeps by name; the numbers say how many there are."""

EARLIEST = dt.date(2000, 1, 1)


class WrongConfirmation(Exception):
    """This cannot be confirmed so; the message says why and what to do. `field` is the field it is about."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def item_confirm(
    item: str, *, on: dt.date, until: dt.date, in_place: bool, note: str, by: User
) -> ItemConfirmation:
    """Write down what was found about an item on a day, and until when that counts; then score anew.

    Raises PermissionDenied, and WrongConfirmation: nobody confirms this item, the day has yet to come, the
    end is too far away, or the note is empty.
    """
    if not by.may_everywhere(CONFIRM):
        raise PermissionDenied(_("Only the compliance lead confirms items of the gap checklist."))
    rule = RULES.get(item)
    if rule is None or not rule.confirmed_days:
        raise WrongConfirmation(_("This item is decided by facts. Mend what is missing instead."))
    if on > timezone.localdate():
        raise WrongConfirmation(_("Give the day on which it was checked. It cannot lie in the future."), "on")
    if on < EARLIEST:
        raise WrongConfirmation(
            _("Give the day on which it was checked. This one is too long ago to be right."), "on"
        )
    last = last_day(item, on)
    if not on <= until <= last:
        raise WrongConfirmation(
            _("Choose a day from the check on, %(last)s at the latest.") % {"last": f"{last:%-d %B %Y}"},
            "until",
        )
    if not note.strip():
        raise WrongConfirmation(_("Say what was checked, and where that is kept."), "note")
    confirmation = ItemConfirmation.objects.create(
        item=item, on=on, until=until, in_place=in_place, note=note.strip(), by=by
    )
    score_and_keep()
    return confirmation


def last_day(item: str, on: dt.date) -> dt.date:
    """Until when at most a confirmation of that day counts."""
    return on + dt.timedelta(days=RULES[item].confirmed_days)


@transaction.atomic
def score_and_keep() -> Score:
    """Score the checklist as of today and keep it as today's; an earlier run of today gives way.

    Answers of the gate and tasks that a date has overtaken are brought up to date before. May run twice.
    """
    snapshots.renew()
    found = score(timezone.localdate())
    items = [item.as_dict() for item in found.items]
    for item in items:
        item["missing"] = item["missing"][:KEPT] + [
            what
            for what in item["missing"][KEPT:]
            if " " in what  # not a system, and there is one at most
        ]
    GapScore.objects.update_or_create(
        on=found.on, defaults={"at": timezone.now(), "score": found.score, "items": items}
    )
    transaction.on_commit(history.forget)
    return found
