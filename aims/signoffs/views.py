"""Deciding about a subject, and the certificates of decisions. A decision is only ever a POST."""

from typing import TypeVar

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.roles import Role
from aims.ledger.moments import shows_today
from aims.policy.policies import shipped
from aims.signoffs import decisions, services, subjects
from aims.signoffs.certificates import certificate_of
from aims.signoffs.forms import ConfirmationForm, DecisionForm, role_text
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.services import ContentMoved, WrongPassword
from aims.signoffs.subjects import Kind, Subject

INVALID, MOVED, TOO_MANY = 422, 409, 429

RATE = "reauthenticate"
"""allauth's name of the limit on giving one's password again."""

Form = TypeVar("Form", bound=ConfirmationForm)

CHOICES = (
    {"value": Decision.REJECT.value, "label": gettext_lazy("Reject"), "tone": "danger"},
    {"value": Decision.CHANGES.value, "label": gettext_lazy("Ask for changes"), "tone": ""},
    {"value": Decision.APPROVE.value, "label": gettext_lazy("Approve"), "tone": "primary"},
)


def _kind_or_404(name: str) -> Kind:
    kind = subjects.kind(name)
    if kind is None:
        raise Http404
    return kind


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: UserRequest, kind: str, key: str) -> HttpResponse:
    """The page that shows exactly what is signed, and takes the decision about it."""
    found = _kind_or_404(kind)
    subject = found.load(request.user, key)
    view = decisions.view_of(found, subject, request.user)
    if request.method != "POST":
        return _decision_page(request, found, subject, view, _form(request, subject, view))
    if not view.roles:
        raise PermissionDenied(" ".join([view.error, *view.hindrances]).strip())
    form = DecisionForm(request.POST, user=request.user, roles=view.roles)
    if not form.is_valid():
        return _ask_again(request, found, subject, form)
    if not _may_try(request):
        return _ask_again(request, found, subject, _too_many(form), TOO_MANY)
    given = form.cleaned_data
    try:
        signoff = services.sign(found, key, **given, by=request.user)
    except WrongPassword as error:
        form.add_error("password", str(error))
        return _ask_again(request, found, subject, form)
    except ContentMoved as error:
        return _ask_again(request, found, error.subject, form)
    ratelimit.clear(request, action=RATE, user=request.user)
    told = {
        "decision": signoff.get_decision_display(),
        "role": role_text(request.user, Role(signoff.role)),
        "digest": signoff.sha256[:12],
    }
    messages.success(request, _("%(decision)s as %(role)s. The digest of what you saw is %(digest)s…") % told)
    return redirect(subject.url)


def _form(request: UserRequest, subject: Subject, view: decisions.View) -> DecisionForm | None:
    """An empty form; None for a person who may not decide now."""
    if not view.roles:
        return None
    return DecisionForm(initial={"shown": subject.signed_bytes}, user=request.user, roles=view.roles)


def _ask_again(
    request: UserRequest, kind: Kind, subject: Subject, form: DecisionForm, status: int = INVALID
) -> HttpResponse:
    """The page with what was wrong. If the content has moved under it, that comes first."""
    shown = request.POST.get("shown", "")
    view = decisions.view_of(kind, subject, request.user)
    if shown == subject.signed_bytes:
        return _decision_page(request, kind, subject, view, form, status=status)
    form.data = {**request.POST.dict(), "shown": subject.signed_bytes}
    difference = decisions.moved(kind, shown, subject)
    return _decision_page(
        request, kind, subject, view, form if view.roles else None, moved=difference, status=MOVED
    )


def _decision_page(
    request: UserRequest,
    kind: Kind,
    subject: Subject,
    view: decisions.View,
    form: DecisionForm | None,
    *,
    moved: decisions.Difference | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "kind": kind,
        "subject": subject,
        "sections": kind.sections(subject.document),
        "view": view,
        "form": form,
        "moved": moved,
        "meanings": sorted({kind.meaning(subject, role) for role in view.roles}),
        "sole_role": role_text(request.user, view.roles[0]) if len(view.roles) == 1 else "",
        "choices": CHOICES,
        "policy_revision": "" if view.error else shipped().revision,
    }
    return render(request, "signoffs/decide.html", context, status=status)


def _signoff_or_404(request: UserRequest, pk: int) -> tuple[Kind, SignOff]:
    """The kind may be gone with its app; then nobody can say who may see the signature."""
    signoff = get_object_or_404(SignOff.objects.select_related("signer", "on_behalf_of", "withdraws"), pk=pk)
    return _kind_or_404(signoff.subject_kind), signoff


@shows_today
@require_safe
def certificate(request: UserRequest, pk: int) -> HttpResponse:
    """What one signature says, and whether it still counts."""
    kind, signoff = _signoff_or_404(request, pk)
    return _certificate_page(request, kind, signoff, ConfirmationForm())


@require_safe
def signed_bytes(request: UserRequest, pk: int) -> HttpResponse:
    """Exactly the bytes that were signed: their SHA-256 is the digest."""
    kind, signoff = _signoff_or_404(request, pk)
    kind.load_by_id(request.user, signoff.subject_id)
    name = f"signoff-{signoff.pk}-{signoff.sha256[:12]}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(
        signoff.signed_bytes.encode(), content_type="text/plain; charset=utf-8", headers=headers
    )


@never_cache
@sensitive_post_parameters("password")
@require_POST
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take a signature back."""
    kind, signoff = _signoff_or_404(request, pk)
    subject = kind.load_by_id(request.user, signoff.subject_id)
    form = ConfirmationForm(request.POST)
    if not form.is_valid():
        return _certificate_page(request, kind, signoff, form, status=INVALID)
    if not _may_try(request):
        return _certificate_page(request, kind, signoff, _too_many(form), status=TOO_MANY)
    try:
        withdrawal = services.withdraw(kind, signoff, **form.cleaned_data, by=request.user)
    except WrongPassword as error:
        form.add_error("password", str(error))
        return _certificate_page(request, kind, signoff, form, status=INVALID)
    ratelimit.clear(request, action=RATE, user=request.user)
    told = {"role": withdrawal.get_role_display(), "title": subject.title}
    messages.success(request, _("Your signature as %(role)s about “%(title)s” is withdrawn.") % told)
    return redirect(signoff)


def _certificate_page(
    request: UserRequest, kind: Kind, signoff: SignOff, form: ConfirmationForm, status: int = 200
) -> HttpResponse:
    context = {
        "kind": kind,
        "signoff": signoff,
        "certificate": certificate_of(kind, signoff, request.user),
        "sections": kind.sections(signoff.document),
        "form": form,
    }
    return render(request, "signoffs/signoff_detail.html", context, status=status)


def _may_try(request: UserRequest) -> bool:
    """Whether another password may be tried, by the limit that allauth sets for asking again: a stolen
    session must not become a place to guess."""
    return bool(ratelimit.consume(request, action=RATE, user=request.user))


def _too_many(form: Form) -> Form:
    form.add_error("password", _("Too many attempts. Wait a minute, then try again."))
    return form
