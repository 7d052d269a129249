"""Pages about people, for administrators and auditors; everybody may read their own."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts import departures, invitations, listing, services
from aims.accounts.http import UserRequest
from aims.accounts.models import RoleGrant, Substitution, TeamMembership, User
from aims.accounts.people_forms import DepartureForm, InvitationForm, ReasonForm, RoleForm, people_options
from aims.accounts.roles import SIGNING, Role
from aims.tables import export


def _person_or_404(request: UserRequest, pk: uuid.UUID) -> User:
    return get_object_or_404(User.objects.visible_to(request.user).select_related("invitation"), pk=pk)


def _demand(request: UserRequest, permission: str) -> None:
    services.demand(request.user, permission)


@require_safe
def people(request: UserRequest) -> HttpResponseBase:
    _demand(request, "accounts.view_user")
    found = listing.people(request.user, request.GET)
    if (wanted := export.wanted(request.GET)) is not None:
        rows = listing.every_person(found.found)
        return export.response(wanted, _("People"), listing.PEOPLE_COLUMNS, rows)
    context = {
        "listing": found,
        "page": found.page,
        "sort": found.sort,
        "may_invite": request.user.has_perm("accounts.add_user"),
        "may_see_substitutes": request.user.has_perm("accounts.view_substitution"),
    }
    return render(request, "accounts/user_list.html", context)


@require_safe
def person(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    return _person_page(request, _person_or_404(request, pk))


def _person_page(
    request: UserRequest, subject: User, role_form: RoleForm | None = None, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    grants = list(subject.role_grants.all())
    rows = RoleGrant.history.filter(id__in=[grant.pk for grant in grants], history_type="+")
    given = {row.id: row for row in rows.select_related("history_user")}
    running = Substitution.objects.of(subject).running(on=today)
    places = TeamMembership.objects.filter(user=subject).select_related("team").order_by("team__name")
    invitation = getattr(subject, "invitation", None)
    changes = request.user.has_perm("accounts.change_user") and not subject.is_machine
    gives = request.user.has_perm("accounts.add_rolegrant") and request.user != subject and changes
    if gives and subject.is_active and role_form is None:
        role_form = RoleForm(held={grant.role for grant in grants})
    order = list(Role)
    context = {
        "subject": subject,
        "own": subject == request.user,
        "invitation": invitation,
        "standing": listing.standing_of(subject, invitation, now=timezone.now()),
        "roles": [
            {"grant": grant, "label": Role(grant.role).label, "given": given.get(grant.pk)}
            for grant in sorted(grants, key=lambda grant: order.index(Role(grant.role)))
        ],
        "places": places,
        "substitutions": running,
        "today": today,
        "role_form": role_form,
        "gives": gives,
        "changes": changes and subject != request.user,
        "may_invite": changes
        and subject.is_active
        and not subject.has_usable_password()
        and request.user.has_perm("accounts.add_user"),
    }
    return render(request, "accounts/user_detail.html", context, status=status)


# --- Invitations -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def people_invite(request: UserRequest) -> HttpResponse:
    _demand(request, "accounts.add_user")
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        values = form.cleaned_data
        try:
            made = invitations.invite(
                values["people"],
                roles=[Role(role) for role in values["roles"]],
                teams=values["teams"],
                by=request.user,
            )
        except (ValidationError, PermissionDenied) as error:
            form.add_error("people", error if isinstance(error, ValidationError) else str(error))
        else:
            _send(request, made)
            return redirect(made[0].user) if len(made) == 1 else redirect("people")
    return render(request, "accounts/user_invite.html", {"form": form}, status=422 if form.is_bound else 200)


def _send(request: UserRequest, made: list[Any]) -> None:
    """Mail the links and say what became of it."""
    failed = invitations.send(made)
    if sent := len(made) - len(failed):
        words = ngettext("%(n)d invitation is on its way.", "%(n)d invitations are on their way.", sent)
        messages.success(request, words % {"n": sent})
    if failed:
        messages.error(
            request,
            _(
                "The account is there, but the e-mail could not be sent to: %(names)s. "
                "Check the mail server, then send the invitation again on the person’s page."
            )
            % {"names": ", ".join(str(invitation.user) for invitation in failed)},
        )


@require_POST
def invitation_send(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.add_user")
    try:
        made = invitations.renew(subject, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _send(request, [made])
    return redirect(subject)


@require_POST
def invitation_revoke(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.change_user")
    try:
        invitations.revoke(subject, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The link in the e-mail no longer works."))
    return redirect(subject)


# --- Roles -------------------------------------------------------------------------------------------------


@require_POST
def role_give(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.add_rolegrant")
    form = RoleForm(request.POST, held=set(subject.role_grants.values_list("role", flat=True)))
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            services.role_grant(subject, role, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            names = {"name": subject, "role": role.label}
            messages.success(request, _("%(name)s is now %(role)s.") % names)
            return redirect(subject)
    return _person_page(request, subject, form, status=422)


@require_POST
def role_take(request: UserRequest, pk: uuid.UUID, role: str) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.delete_rolegrant")
    if subject == request.user:
        raise PermissionDenied(_("You cannot take a role from yourself. Another administrator can."))
    grant = get_object_or_404(subject.role_grants, role=role)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the role is taken back: it stays in the history."))
        return redirect(subject)
    try:
        services.role_revoke(grant, by=request.user, reason=form.cleaned_data["reason"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(subject)
    names = {"name": subject, "role": Role(role).label}
    messages.success(request, _("%(name)s is no longer %(role)s.") % names)
    if role in SIGNING and not RoleGrant.objects.filter(
        role=role, user__in=User.objects.able_to_log_in().values("pk")
    ):
        messages.warning(request, departures.nobody_left(Role(role)))
    return redirect(subject)


# --- Leaving and coming back -------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def person_deactivate(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.change_user")
    if subject == request.user:
        raise PermissionDenied(_("You cannot deactivate yourself. Another administrator can."))
    if not subject.is_active or subject.is_machine:
        messages.info(request, _("There is nothing to hand over: this account is not in use."))
        return redirect(subject)
    held = departures.held_by(subject)
    form = DepartureForm(request.POST or None, held=held)
    if form.is_valid():
        try:
            departures.deactivate(
                subject, successors=form.successors, by=request.user, reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            form.add_service_errors(error)
        else:
            messages.success(
                request,
                _("%(name)s is deactivated and logged out. What was handed over is with its new owners.")
                % {"name": subject},
            )
            return redirect(subject)
    controls = form.rows()
    groups: dict[str, dict[str, Any]] = {}
    for each in held:
        group = groups.setdefault(each.kind.name, {"label": each.kind.label, "rows": []})
        group["rows"].append({"holding": each.holding, "controls": controls.get(each.key)})
    context = {
        "subject": subject,
        "form": form,
        "groups": groups.values(),
        "warnings": [each.holding for each in held if each.holding.warning],
        "asks": bool(controls),
        "options": people_options() if controls else "",
    }
    return render(request, "accounts/user_deactivate.html", context, status=422 if form.is_bound else 200)


@require_POST
def person_reactivate(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _person_or_404(request, pk)
    _demand(request, "accounts.change_user")
    reason = request.POST.get("reason", "").replace("\0", "")[:300]
    try:
        departures.reactivate(subject, by=request.user, reason=reason)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("The account is on again, without role, team or password. Give what is needed, then invite."),
        )
    return redirect(subject)


@require_safe
def substitutions(request: UserRequest) -> HttpResponse:
    """Who stands in for whom, now and soon."""
    _demand(request, "accounts.view_substitution")
    today = timezone.localdate()
    running = Substitution.objects.running(on=today).select_related("holder", "substitute")
    context = {"entries": running.order_by("starts", "pk")[:200], "today": today}
    return render(request, "accounts/substitution_list.html", context)
