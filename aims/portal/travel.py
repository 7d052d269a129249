"""Looking at the portal as of a moment of the past: what holds for every request of a person who does.

The moment stands in the session, so it stays while browsing; `?as_of=` sets it, so that an address can be
passed on. Everything is read-only meanwhile.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from aims.ledger.moments import TRAVELS, NoMoment, NotYet, conduct, moment_of

PARAMETER, _KEPT = "as_of", "moment"

OPEN_TO_POST = ("past", "past-leave", "account_login", "account_logout", "account_reauthenticate")
"""What takes a POST in the past: choosing another moment, leaving it, logging in and out."""

ABOUT_ONESELF = "account"
"""The preferences of the person who looks: their names begin so."""

READS = ("GET", "HEAD", "OPTIONS")


class TravelMiddleware:
    """Sets `request.travel`, the moment that the person chose, and `request.moment` where the page travels.

    Both are None for somebody in the present.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        request.travel = request.moment = None
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return None
        name = request.resolver_match.view_name
        if PARAMETER in request.GET and request.method in READS and conduct(view) == TRAVELS:
            try:
                enter(request, moment_of(request.GET[PARAMETER]))
            except NoMoment as error:
                return render(request, "portal/past.html", form(request, str(error)), status=400)
        request.travel = chosen(request)
        if request.travel is None:
            return None
        if request.method not in READS:
            return None if _takes_posts(name) else _refused(request, "portal/past_refused.html")
        if conduct(view) == TRAVELS:
            request.moment = request.travel
        elif not conduct(view) or "format" in request.GET:  # a file cannot say of when it is
            return _refused(request, "portal/past_closed.html")
        return None

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotYet):
            return render(request, "portal/past_not_there.html", {"error": error}, status=404)
        return None


def _takes_posts(name: str) -> bool:
    return name in OPEN_TO_POST or name == ABOUT_ONESELF or name.startswith(f"{ABOUT_ONESELF}_")


def _refused(request: Any, template: str) -> HttpResponse:
    return render(request, template, status=409)


def chosen(request: Any) -> dt.datetime | None:
    """The moment that the session keeps."""
    kept = request.session.get(_KEPT)
    return parse_datetime(kept) if kept else None


def enter(request: Any, moment: dt.datetime) -> None:
    if request.session.get(_KEPT) != moment.isoformat():
        request.session[_KEPT] = moment.isoformat()


def leave(request: Any) -> None:
    request.session.pop(_KEPT, None)


def form(request: Any, error: str = "", **typed: str) -> dict[str, Any]:
    """What the form needs that asks for a moment."""
    after = request.POST.get("next") or request.GET.get("next") or ""
    return {"error": error, "typed": typed, "after": after}
