"""The start page: the overview of whoever is logged in."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from aims.accounts.models import User
from aims.accounts.views import welcome_is_due
from aims.ledger.moments import shows_today
from aims.portal.dashboard import dashboard_of
from aims.portal.first_steps import first_steps
from registry import snapshots


@shows_today
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """The overview; on an empty portal, making its first account; for a stranger, the login."""
    if welcome_is_due():
        return redirect("welcome")
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    return _overview(request, request.user)


@require_safe
def _overview(request: HttpRequest, user: User) -> HttpResponse:
    snapshots.keep_current()
    context = {"dashboard": dashboard_of(user), "steps": first_steps(user)}
    return render(request, "portal/dashboard.html", context)
