"""The ladder of reminders: when, and to whom. An administrator edits it; until then the usual one holds."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.services import demand
from aims.ledger import trail
from aims.notifications.models import Rung

OWNER, LEAD, CTO = Rung.Audience.OWNER, Rung.Audience.LEAD, Rung.Audience.CTO

LONGEST = 12
"""Steps of one ladder: more would be noise, which nobody reads."""

EDIT = "notifications.change_rung"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """So many days before (negative) or after the due date, again every so many days (0: once), to whom."""

    days: int
    every: int
    audience: str


USUAL = (
    Step(-30, 0, OWNER),
    Step(-14, 0, OWNER),
    Step(-7, 0, OWNER),
    Step(-1, 0, OWNER),
    Step(1, 7, OWNER),
    Step(7, 0, LEAD),
    Step(21, 0, CTO),
)
"""30, 14, 7 and 1 days before and weekly when overdue; then the compliance lead, then the CTO."""


def ladder() -> tuple[Step, ...]:
    """The ladder that holds: what an administrator made of it, else the usual one. One query."""
    rows = Rung.objects.values_list("days", "every", "audience")
    return tuple(Step(*row) for row in rows) or USUAL


def first_day(steps: Iterable[Step], on: dt.date) -> dt.date:
    """The last due date that some step speaks of on the day: what is due later has time."""
    return on + dt.timedelta(days=max(0, -min(step.days for step in steps)))


def rungs_reached(
    due: dt.date, on: dt.date, steps: Iterable[Step], *, since: dt.date | None = None
) -> dict[str, int]:
    """Audience -> the newest rung that it has come to by the day, in days after the due date.

    Only the newest: after three days without a planner there is one reminder, not a heap. A rung whose day
    was not after `since`, when the thing came up, was never there.
    """
    late = (on - due).days
    found: dict[str, int] = {}
    for step in steps:
        if late < step.days:
            continue
        rung = step.days + (late - step.days) // step.every * step.every if step.every else step.days
        if since is not None and due + dt.timedelta(days=rung) <= since:
            continue
        found[step.audience] = max(rung, found.get(step.audience, rung))
    return found


@transaction.atomic
def ladder_save(steps: Sequence[Step], *, by: User, reason: str) -> None:
    """Replace the ladder. What was told on the old one is not told again, unless a step is new.

    Raises PermissionDenied, and ValidationError for a ladder that makes no sense.
    """
    demand(by, EDIT)
    if wrong := problems(steps, reason):
        raise ValidationError(wrong)
    wanted = {(step.days, step.audience): step for step in steps}
    rows = {(row.days, row.audience): row for row in Rung.objects.select_for_update()}
    for key, row in rows.items():
        if key not in wanted:
            trail.note(row, by=by, reason=reason.strip())
            row.delete()
        elif row.every != wanted[key].every:
            row.every = wanted[key].every
            trail.save(row, by=by, reason=reason.strip())
    for key, step in wanted.items():
        if key not in rows:
            row = Rung(days=step.days, every=step.every, audience=step.audience)
            trail.save(row, by=by, reason=reason.strip())


def problems(steps: Sequence[Step], reason: str) -> list[str]:
    """What speaks against a ladder, in sentences; nothing if it can be used."""
    wrong = []
    if not reason.strip():
        wrong.append(_("Say why. The reason stays in the history of the ladder."))
    if not steps:
        wrong.append(_("A ladder needs at least one step: else nobody is reminded of anything."))
    if len(steps) > LONGEST:
        wrong.append(_("At most %(most)d steps: people stop reading more.") % {"most": LONGEST})
    if len({(step.days, step.audience) for step in steps}) < len(steps):
        wrong.append(_("Two steps speak to the same people on the same day. Take one away."))
    if steps and not any(step.audience == OWNER and step.days < 0 for step in steps):
        wrong.append(_("Let at least one step reach the owner before the due date."))
    if any(abs(step.days) > 365 for step in steps):
        wrong.append(_("A step lies within 365 days before or after the due date."))
    if any(step.every and step.days < 0 for step in steps):
        wrong.append(_("Only what is overdue is repeated. Let a step before the due date stand once."))
    if any(not 0 <= step.every <= 90 for step in steps):
        wrong.append(_("A step is repeated every 1 to 90 days."))
    return wrong


def changes(limit: int = 20) -> list[dict[str, Any]]:
    """The last changes of the ladder, newest first: when, who, why and what."""
    words = {"+": _("Added"), "-": _("Removed"), "~": _("Changed")}
    rows = Rung.history.select_related("history_user").order_by("-history_date", "-history_id")[:limit]
    return [
        {
            "title": f"{words[row.history_type]}: {in_words(Step(row.days, row.every, row.audience))}",
            "at": row.history_date,
            "actor": row.history_user or "",
            "reason": row.history_change_reason or "",
        }
        for row in rows
    ]


def in_words(step: Step) -> str:
    """A step as a sentence for people."""
    if step.days < 0:
        when = _("%(n)d days before") % {"n": -step.days} if step.days < -1 else _("1 day before")
    elif step.days == 0:
        when = _("on the day")
    else:
        when = _("%(n)d days late") % {"n": step.days} if step.days > 1 else _("1 day late")
    if step.every:
        when += _(", then every %(n)d days") % {"n": step.every}
    return f"{when}: {Rung.Audience(step.audience).label}"
