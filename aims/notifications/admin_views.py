"""For administrators: the ladder of reminders, and the e-mails that went out or could not."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.services import demand
from aims.notifications import delivery, files, ladder
from aims.notifications.forms import ReasonForm, StepForm, StepFormSet
from aims.notifications.models import Notice

SEE_MAIL = "notifications.view_notice"

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
def ladder_page(request: UserRequest) -> HttpResponse:
    demand(request.user, ladder.EDIT)
    steps = ladder.ladder()
    data = request.POST if request.method == "POST" else None
    # What was sent is not compared with the ladder: a line that says the same would count as left empty.
    shown = [StepForm.initial_of(step) for step in sorted(steps)] if data is None else None
    forms = StepFormSet(data, initial=shown, prefix="step")
    reason = ReasonForm(data)
    if data is not None and forms.is_valid() and reason.is_valid():
        wanted = [form.step for form in forms if form.step is not None]
        try:
            ladder.ladder_save(wanted, by=request.user, reason=reason.cleaned_data["reason"])
        except ValidationError as error:
            reason.add_error(None, error)
        else:
            messages.success(request, _("The ladder is saved. The next reminders follow it."))
            return redirect("reminders")
    context = {"forms": forms, "reason": reason, "changes": ladder.changes()}
    return render(request, "notifications/ladder.html", context, status=422 if data is not None else 200)


@require_safe
def mail_list(request: UserRequest) -> HttpResponse:
    """What waits, what could not be sent and why, and, where e-mails are files, those files."""
    demand(request.user, SEE_MAIL)
    failed = Notice.objects.filter(mail=Notice.Mail.FAILED).select_related("recipient").order_by("-pk")
    context = {
        "failed": failed[:SHOWN],
        "waiting": Notice.objects.filter(mail=Notice.Mail.WAITING).count(),
        "files": files.newest(SHOWN) if files.in_use() else None,
    }
    return render(request, "notifications/mail_list.html", context)


@require_safe
def mail(request: UserRequest, name: str) -> HttpResponse:
    """One e-mail that was written to a file, as plain text. Links in it are not clickable: one that sets a
    password is for its addressee."""
    found = files.find(name) if files.in_use() and request.user.has_perm(SEE_MAIL) else None
    if found is None:
        raise Http404
    return render(request, "notifications/mail_detail.html", {"mail": found})


@require_POST
def mail_again(request: UserRequest) -> HttpResponse:
    if not request.user.has_perm(SEE_MAIL):
        raise PermissionDenied
    number = delivery.try_again()
    messages.success(
        request,
        ngettext("One notice is mailed again.", "%(n)d notices are mailed again.", number) % {"n": number},
    )
    return redirect("mail")
