"""The page behind the link of an invitation: choosing the first password."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from aims.accounts import invitations
from aims.accounts.forms import FirstPasswordForm


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, POST sets: mail scanners that follow links use nothing up."""
    found = invitations.find(token)
    if found is None or not found.is_open(now=timezone.now()) or not found.user.is_active:
        status = 404 if found is None else 410
        return render(request, "accounts/invitation_over.html", {"invitation": found}, status=status)
    form = FirstPasswordForm(request.POST or None, user=found.user)
    if form.is_valid():
        try:
            person = invitations.accept(found, password=form.cleaned_data["password1"])
        except PermissionDenied:  # used a moment ago, in another tab
            return render(request, "accounts/invitation_over.html", {"invitation": found}, status=410)
        login(request, person, backend="aims.accounts.backends.RoleBackend")
        messages.success(request, _("Welcome. Your account is ready; what waits for you stands below."))
        return redirect("work")
    context = {"form": form, "invitation": found}
    return render(request, "accounts/invitation.html", context, status=422 if form.is_bound else 200)
