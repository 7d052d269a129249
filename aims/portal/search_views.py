"""The search page, and the same for the palette as JSON."""

from dataclasses import asdict

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from aims.accounts.http import UserRequest
from aims.ledger.moments import shows_today
from aims.portal.search import LONGEST, search


@shows_today
@require_safe
def search_page(request: UserRequest) -> HttpResponse:
    """What the words of `?q=` find; with `?format=json` for `static/js/palette.js`."""
    query = request.GET.get("q", "").strip()[:LONGEST]
    groups = search(request.user, query)
    number = sum(len(group.results) for group in groups)
    if not query:
        summary = ""
    elif number:
        summary = ngettext("%(n)d result", "%(n)d results", number) % {"n": number}
    else:
        summary = _("Nothing found for “%(query)s”.") % {"query": query}
    if request.GET.get("format") == "json":
        return JsonResponse({"summary": summary, "groups": [asdict(group) for group in groups]})
    return render(
        request,
        "portal/search.html",
        {"query": query, "groups": groups, "number": number, "summary": summary},
    )
