"""The planner: whatever the ladder has reached by today and nobody was told yet is told now.

It asks for `due <= today`, never for this tick, so that a day without it loses nothing. It may run at any
time and as often as one likes, several at once too: the database takes every reminder once.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.notifications.addressees import Addressees
from aims.notifications.due_dates import Due, sources
from aims.notifications.ladder import Step, first_day, ladder, rungs_reached
from aims.notifications.telling import Message, tell_all

_log = logging.getLogger(__name__)


def plan(on: dt.date | None = None) -> int:
    """Tell everybody what they are to be reminded of by the day (today, in the portal's time zone).

    Returns how many reminders are new. A source that fails is logged, and the others are heard all the same.
    """
    on = on or timezone.localdate()
    steps = ladder()
    people = Addressees(on)
    new = 0
    failed = []
    for name, source in sources():
        try:
            # Read first: SQLite has one writer, and nobody is to wait until everything that is due is read.
            messages = list(reminders(source(first_day(steps, on)), on, steps, people))
            new += tell_all(messages)
        except Exception:
            _log.exception("The due dates of %s could not be read.", name)
            failed.append(name)
    if failed:
        raise PlanningFailed(failed, new)
    return new


class PlanningFailed(Exception):
    """Some sources of due dates could not be read; what the others gave was told."""

    def __init__(self, names: list[str], new: int) -> None:
        self.names, self.new = names, new
        super().__init__(
            _("These due dates could not be read: %(names)s. The log says why. New reminders: %(new)d.")
            % {"names": ", ".join(names), "new": new}
        )


def reminders(
    dues: Iterable[Due], on: dt.date, steps: tuple[Step, ...], people: Addressees
) -> Iterator[Message]:
    """One reminder for each person and due date, of the newest rung that speaks to that person."""
    for due in dues:
        newest: dict[object, int] = {}
        for audience, rung in rungs_reached(due.day, on, steps, since=due.since).items():
            for person in people.of(due, audience):
                newest[person] = max(rung, newest.get(person, rung))
        for person in sorted(newest, key=str):
            yield Message(
                recipient=person,
                kind=due.kind,
                subject=due.subject,
                occasion=f"{due.day.isoformat()}{newest[person]:+d}",
                title=due.title,
                text="\n\n".join(filter(None, (when(due.day, on), due.text))),
                url=due.url,
                due=due.day,
                scope=due.scope,
            )


def when(day: dt.date, on: dt.date) -> str:
    """How far off a due date is, with the date: the e-mail may be read another day."""
    date, days = f"{day:%-d %B %Y}", (day - on).days
    if days > 0:
        return ngettext("Due tomorrow, on %(date)s.", "Due in %(days)d days, on %(date)s.", days) % {
            "date": date,
            "days": days,
        }
    if days == 0:
        return _("Due today, on %(date)s.") % {"date": date}
    return ngettext("Was due yesterday, on %(date)s.", "Was due %(days)d days ago, on %(date)s.", -days) % {
        "date": date,
        "days": -days,
    }
