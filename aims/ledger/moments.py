"""Moments that people look at the portal as of, and what a page does about them.

A page either travels (`travels`), or shows today and says so (`shows_today`), or cannot be opened in the
past: that is what becomes of a view that says nothing.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]

TRAVELS, SHOWS_TODAY = "travels", "shows today"


class NoMoment(ValueError):
    """What was given is no moment of the past. The message is for the person who gave it."""


class NotYet(Exception):
    """What a page is about was not there at the moment. The message says since when it is, or until when it
    was."""


def moment_of(text: str) -> dt.datetime:
    """The moment that a text stands for: a date and time, in the portal's time zone unless it names another;
    or a day, which stands for its end.

    Raises NoMoment for anything else, and for what is yet to come.
    """
    try:
        moment = parse_datetime(text) if len(text) > len("2026-03-01") else None
        day = parse_date(text) if moment is None else None
    except ValueError:  # well formed, and no date: 30 February
        moment = day = None
    if day is not None:
        moment = dt.datetime.combine(day, dt.time.max)
    if moment is None:
        raise NoMoment(_("Give a date, or a date and a time, such as 2026-03-01 14:30."))
    try:
        moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
        moment = moment.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise NoMoment(_("The portal cannot reckon with this year.")) from None
    if moment > timezone.now():
        if day == timezone.localdate():
            raise NoMoment(_("Today is not over yet: give a time too, or an earlier day."))
        raise NoMoment(_("This moment has yet to come. Choose one in the past."))
    return moment


def travels(then: View) -> Callable[[View], View]:
    """A view that in the past leaves the answer to `then`, which reads `request.moment`."""

    def decorate(now: View) -> View:
        @wraps(now)
        def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            answer = now if moment_in(request) is None else then
            return answer(request, *args, **kwargs)

        return _marked(view, TRAVELS)

    return decorate


def shows_today(view: View) -> View:
    """A view that is of use in the past too, and shows today: the frame says so."""

    @wraps(view)
    def marked(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return _marked(marked, SHOWS_TODAY)


def conduct(view: Any) -> str:
    """What a view does in the past; empty for one that cannot be opened there."""
    return str(getattr(view, "in_the_past", ""))


def _marked(view: Any, how: str) -> View:
    view.in_the_past = how
    return view  # type: ignore[no-any-return]


def moment_in(request: Any) -> dt.datetime | None:
    """The moment that the request is about; None for now."""
    return getattr(request, "moment", None)


def between(request: Any, since: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The two moments of a comparison, `?from=` and `?to=`: by default, from the beginning (`since`) until
    the moment that the page is about. Raises NoMoment for one that is none, or lies behind that moment."""
    latest = moment_in(request) or timezone.now()
    start, end = (request.GET.get(name, "").strip() for name in ("from", "to"))
    ends = moment_of(start) if start else since, moment_of(end) if end else latest
    if max(ends) > latest:
        raise NoMoment(
            _("You are looking at the past: both moments have to lie before the one that you chose.")
        )
    return ends
