"""The doors into the past and back."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aims.accounts.http import UserRequest
from aims.ledger.moments import NoMoment, moment_of, shows_today
from aims.portal import travel


@shows_today
@require_http_methods(["GET", "HEAD", "POST"])
def past(request: UserRequest) -> HttpResponse:
    """Choose a moment; a POST enters it and leads on to where the person was."""
    if request.method != "POST":
        return render(request, "portal/past.html", travel.form(request))
    day, time = request.POST.get("day", "").strip(), request.POST.get("time", "").strip()
    try:
        if not day:
            raise NoMoment(_("Choose a day."))
        travel.enter(request, moment_of(f"{day}T{time}" if time else day))
    except NoMoment as error:
        context = travel.form(request, str(error), day=day, time=time)
        return render(request, "portal/past.html", context, status=422)
    return redirect(_next(request))


@require_POST
def past_leave(request: UserRequest) -> HttpResponse:
    """Back to now, to the same page."""
    travel.leave(request)
    return redirect(_next(request))


def _next(request: UserRequest) -> str:
    """Where the person was, without the moment in its address; the list of systems if that is elsewhere."""
    wanted = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return "/systems/"
    parts = urlsplit(wanted)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != travel.PARAMETER]
    return parts._replace(query=urlencode(query)).geturl()
