"""The guide: first steps, and help."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.ledger.moments import shows_today
from aims.portal import first_steps
from aims.portal import help as help_pages


@require_safe
@permission_required("registry.view_aisystem", raise_exception=True)
def start(request: UserRequest) -> HttpResponse:
    context = {
        "steps": first_steps.checklist(request.user),
        "has_card": bool(request.user.roles & first_steps.SETS_UP),
    }
    return render(request, "portal/start.html", context)


@require_POST
@permission_required("registry.view_aisystem", raise_exception=True)
def start_card(request: UserRequest) -> HttpResponse:
    """Put the card on the dashboard aside, or take it up again."""
    if "show" in request.POST:
        first_steps.take_up(request.user)
        return redirect("start")
    first_steps.put_aside(request.user)
    messages.info(request, _("Put aside. The first steps stay at hand under Help."))
    return redirect("home")


@shows_today
@require_safe
def help_list(request: UserRequest) -> HttpResponse:
    own = {help_pages.OF_ROLES[role] for role in request.user.roles}
    context = {
        "shelves": help_pages.shelves(),
        "own": own,
        "may_start": request.user.has_perm("registry.view_aisystem"),
    }
    return render(request, "portal/help_list.html", context)


@shows_today
@require_safe
def help_page(request: UserRequest, name: str) -> HttpResponse:
    page = help_pages.pages().get(name)
    if page is None:
        raise Http404
    return render(request, "portal/help_page.html", {"page": page, "html": help_pages.html(page)})
