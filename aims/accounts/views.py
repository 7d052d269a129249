"""Who I am and may do, my substitutes, and the first visit to an empty portal."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts import services
from aims.accounts.forms import SubstitutionForm, WelcomeForm, roles_to_hand_over
from aims.accounts.http import UserRequest
from aims.accounts.models import COMMAND_LINE, Substitution, User
from aims.accounts.roles import Role
from aims.ledger.moments import shows_today


@shows_today
@require_safe
def account(request: UserRequest) -> HttpResponse:
    form = SubstitutionForm(holder=request.user) if roles_to_hand_over(request.user) else None
    return _account_page(request, form)


@require_POST
def substitution_create(request: UserRequest) -> HttpResponse:
    form = SubstitutionForm(request.POST, holder=request.user)
    if form.is_valid():
        values = form.cleaned_data | {"role": Role(form.cleaned_data["role"])}
        try:
            entry = services.substitution_create(holder=request.user, **values)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("%(substitute)s stands in for you as %(role)s until %(ends)s.")
                % {
                    "substitute": entry.substitute,
                    "role": entry.get_role_display(),
                    "ends": f"{entry.ends:%Y-%m-%d}",
                },
            )
            return redirect("account")
    return _account_page(request, form, status=422)


@require_POST
def substitution_end(request: UserRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(request.user.substituted_by, pk=pk)
    services.substitution_end(entry, by=request.user)
    messages.success(
        request, _("You have taken the role of %(role)s back.") % {"role": entry.get_role_display()}
    )
    return redirect("account")


def _account_page(request: UserRequest, form: SubstitutionForm | None, status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    running = Substitution.objects.of(request.user).running(on=today)
    context = {
        "form": form,
        "memberships": request.user.memberships.select_related("team__lead", "team__deputy").order_by(
            "team__name"
        ),
        "roles": [role for role in Role if role in request.user.granted_roles],
        "given": [entry for entry in running if entry.holder_id == request.user.pk],
        "received": [entry for entry in running if entry.substitute_id == request.user.pk],
        "today": today,
    }
    return render(request, "accounts/account.html", context, status=status)


def welcome_is_due() -> bool:
    """Whether the next visitor makes the first account: nobody has one, and `make run` asked for it."""
    if not settings.AIMS_WELCOME:
        return False
    return not User.objects.exclude(email=COMMAND_LINE).exists()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """The first administrator's account; there is no such page once anybody has an account."""
    if not welcome_is_due():
        raise Http404
    form = WelcomeForm(request.POST or None)
    if form.is_valid():
        user = services.first_administrator_create(
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
        )
        login(request, user, backend="aims.accounts.backends.RoleBackend")
        messages.success(
            request, _("Your account is ready. These are the steps to the first system in production.")
        )
        return redirect("start")
    return render(request, "accounts/welcome.html", {"form": form}, status=422 if form.is_bound else 200)
