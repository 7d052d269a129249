"""Pages about teams."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts import listing, services
from aims.accounts.http import UserRequest
from aims.accounts.models import Team
from aims.accounts.people_forms import MemberForm, TeamForm, people_options
from aims.tables import export

MEMBERS_SHOWN = 50


def _team_or_404(request: UserRequest, slug: str) -> Team:
    return get_object_or_404(
        Team.objects.visible_to(request.user).select_related("lead", "deputy"), slug=slug
    )


@require_safe
def teams(request: UserRequest) -> HttpResponseBase:
    services.demand(request.user, "accounts.view_team")
    found = listing.teams(request.user, request.GET)
    if (wanted := export.wanted(request.GET)) is not None:
        return export.response(wanted, _("Teams"), listing.TEAM_COLUMNS, found.found.iterator())
    context = {
        "listing": found,
        "page": found.page,
        "sort": found.sort,
        "may_add": request.user.has_perm("accounts.add_team"),
        "sees_people": request.user.has_perm("accounts.view_user"),
    }
    return render(request, "accounts/team_list.html", context)


@require_safe
def team(request: UserRequest, slug: str) -> HttpResponse:
    return _team_page(request, _team_or_404(request, slug))


def _team_page(
    request: UserRequest, subject: Team, form: MemberForm | None = None, status: int = 200
) -> HttpResponse:
    members = subject.memberships.select_related("user").order_by("user__name", "pk")
    changes = request.user.has_perm("accounts.add_teammembership")
    context = {
        "subject": subject,
        "page": Paginator(members, MEMBERS_SHOWN).get_page(request.GET.get("page")),
        "form": form or (MemberForm() if changes else None),
        "may_change": request.user.has_perm("accounts.change_team"),
        "may_remove": request.user.has_perm("accounts.delete_teammembership"),
        "sees_people": request.user.has_perm("accounts.view_user"),
        "options": people_options() if changes else "",
    }
    return render(request, "accounts/team_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: UserRequest) -> HttpResponse:
    services.demand(request.user, "accounts.add_team")
    return _team_form(request, TeamForm(request.POST or None))


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: UserRequest, slug: str) -> HttpResponse:
    subject = _team_or_404(request, slug)
    services.demand(request.user, "accounts.change_team")
    return _team_form(request, TeamForm(request.POST or None, team=subject), str(subject))


def _team_form(request: UserRequest, form: TeamForm, title: str = "") -> HttpResponse:
    if form.is_valid():
        try:
            saved = services.team_save(form.result(), by=request.user)
        except (ValidationError, PermissionDenied) as error:
            _add_error(form, error)
        else:
            messages.success(request, _("The team is saved."))
            return redirect(saved)
    context: dict[str, Any] = {"form": form, "team": form.team, "title": title, "options": people_options()}
    return render(request, "accounts/team_form.html", context, status=422 if form.is_bound else 200)


def _add_error(form: Any, error: ValidationError | PermissionDenied) -> None:
    """Put what a service refused beside its field where the form has it."""
    if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
        for name, words in error.message_dict.items():
            form.add_error(name if name in form.fields else None, words)
    else:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))


@require_POST
def team_member_add(request: UserRequest, slug: str) -> HttpResponse:
    subject = _team_or_404(request, slug)
    services.demand(request.user, "accounts.add_teammembership")
    form = MemberForm(request.POST)
    if form.is_valid():
        person = form.cleaned_data["person"]
        try:
            services.member_add(subject, person, by=request.user, reason=form.cleaned_data["reason"])
        except (ValidationError, PermissionDenied) as error:
            form.add_error("person", str(error) if isinstance(error, PermissionDenied) else error)
        else:
            messages.success(request, _("%(name)s is in the team.") % {"name": person})
            return redirect(subject)
    return _team_page(request, subject, form, status=422)


@require_POST
def team_member_remove(request: UserRequest, slug: str, pk: uuid.UUID) -> HttpResponse:
    subject = _team_or_404(request, slug)
    services.demand(request.user, "accounts.delete_teammembership")
    membership = get_object_or_404(subject.memberships.select_related("team", "user"), user=pk)
    try:
        services.member_remove(membership, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(name)s is no longer in the team.") % {"name": membership.user})
    return redirect(subject)
