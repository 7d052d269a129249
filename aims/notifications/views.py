"""The inbox, how one wants to hear of things, and the way out that stands in e-mails."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.notifications import inbox, preferences, unsubscribing
from aims.notifications.forms import PreferencesForm
from aims.notifications.telling import preferences_of


@require_safe
def inbox_page(request: UserRequest) -> HttpResponse:
    found = inbox.inbox(request.user, request.GET)
    return render(request, "notifications/inbox.html", {"inbox": found, "page": found.page})


@require_POST
def notice_open(request: UserRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and lead on to what it is about. A script asks for 204 instead."""
    notice = inbox.mark_read(request.user, pk)
    if notice is None:
        raise Http404
    if request.headers.get("X-Notice"):
        return HttpResponse(status=204)
    # A path of our own, written by our services; anything else would be a way out of the portal.
    local = notice.url.startswith("/") and not notice.url.startswith("//")
    return redirect(notice.url if local else "inbox")


@require_POST
def inbox_read(request: UserRequest) -> HttpResponse:
    number = inbox.mark_all_read(request.user, kind=request.POST.get("kind", ""))
    messages.success(
        request,
        ngettext("One notice marked as read.", "%(n)d notices marked as read.", number) % {"n": number},
    )
    return redirect("inbox")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences_page(request: UserRequest) -> HttpResponse:
    wish = preferences_of([request.user.pk])[request.user.pk]
    form = PreferencesForm(request.POST if request.method == "POST" else None, wish=wish)
    if form.is_valid():
        try:
            preferences.choose(request.user, **form.wishes)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. It holds for what waits to be mailed, too."))
            return redirect("notice-preferences")
    context = {"form": form}
    return render(request, "notifications/preferences.html", context, status=422 if form.is_bound else 200)


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the signed token stands for the person
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more e-mails of one kind for one person. Looking changes nothing: mail scanners follow links."""
    found = unsubscribing.find(token)
    if found is None:
        return render(request, "notifications/unsubscribe_over.html", status=404)
    person, kind = found
    if done := request.method == "POST":
        unsubscribing.unsubscribe(person, kind)
    return render(request, "notifications/unsubscribe.html", {"kind": kind, "done": done})
