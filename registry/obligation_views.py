"""The page of a task, and what people do about one or many: confirm, ask for a waiver, assign, remind."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from registry import obligation_page, snapshots
from registry import obligation_services as services
from registry.errors import ReasonNeeded, WrongTask
from registry.models import Obligation
from registry.obligation_forms import AssignForm, ConfirmationForm, WaiverForm
from registry.obligations import kind_of

AT_ONCE = 200
"""Tasks to one bulk step; a page shows 50."""


@require_safe
def obligation(request: UserRequest, pk: int) -> HttpResponse:
    snapshots.keep_current()
    return _page(request, _task_or_404(request, pk))


@require_POST
def obligation_confirm(request: UserRequest, pk: int) -> HttpResponse:
    """Write down that it was checked."""
    task = _task_or_404(request, pk)
    if not task.may_be_seen_to_by(request.user, services.CONFIRM):
        raise PermissionDenied(_("Only the team that owns the system and the compliance lead confirm this."))
    form = ConfirmationForm(request.POST)
    if not form.is_valid():
        return _page(request, task, confirmation=form, status=422)
    try:
        services.confirm(task, **form.cleaned_data, by=request.user)
    except (WrongTask, ReasonNeeded) as error:
        form.add_error(None, str(error))
        return _page(request, task, confirmation=form, status=409)
    messages.success(request, _("Written down. Whether it closes the task, policy decides by its date."))
    return redirect(task)


@require_POST
def obligation_waive(request: UserRequest, pk: int) -> HttpResponse:
    """Ask those who watch over the matter to let the task wait."""
    task = _task_or_404(request, pk)
    if not request.user.has_perm(services.WAIVE, task.system):
        raise PermissionDenied(
            _("Only the team that owns the system and the compliance lead ask for a waiver.")
        )
    form = WaiverForm(request.POST, longest=kind_of(task.kind).waiver_days)
    if not form.is_valid():
        return _page(request, task, waiver=form, status=422)
    try:
        services.waiver_request(task, **form.cleaned_data, by=request.user)
    except (WrongTask, ReasonNeeded) as error:
        form.add_error(None, str(error))
        return _page(request, task, waiver=form, status=422)
    messages.success(request, _("Asked for. The task stays open until everybody who has to sign has signed."))
    return redirect(task)


@require_POST
def obligations_assign(request: UserRequest) -> HttpResponse:
    """First press: who can be given these tasks; second press, with a choice: give them."""
    tasks = _chosen(request)
    if not tasks:
        return _nothing_chosen(request)
    services.ask_assigning(tasks, by=request.user)
    people = services.candidates(tasks)
    form = AssignForm(request.POST if "assignee" in request.POST else None, people=people)
    wrong, status = "", 200
    if form.is_bound and form.is_valid():
        person = form.cleaned_data["assignee"]
        try:
            number = services.assign(tasks, to=person, by=request.user)
        except WrongTask as error:
            wrong, status = str(error), 409
        else:
            messages.success(request, _assigned(number, person))
            return redirect(_next(request))
    elif form.is_bound:
        status = 422
    context = {
        "tasks": [(task, kind_of(task.kind).title) for task in tasks],
        "form": form,
        "people": people,
        "wrong": wrong,
        "next": _next(request),
    }
    return render(request, "registry/obligation_assign.html", context, status=status)


@require_POST
def obligations_remind(request: UserRequest) -> HttpResponse:
    """E-mail to whom the tasks wait for."""
    tasks = _chosen(request)
    if not tasks:
        return _nothing_chosen(request)
    for level, text in _reminded(services.remind(tasks, by=request.user)):
        messages.add_message(request, level, text)
    return redirect(_next(request))


def _task_or_404(request: UserRequest, pk: int) -> Obligation:
    tasks = Obligation.objects.visible_to(request.user).with_waiver(timezone.localdate())
    return get_object_or_404(tasks.select_related("system__team__lead", "assignee"), pk=pk)


def _chosen(request: UserRequest) -> list[Obligation]:
    """The tasks that were ticked. One that the person may not see does not exist: 404 for the whole."""
    keys = set(request.POST.getlist("task")[:AT_ONCE])
    if not all(key.isascii() and key.isdecimal() and len(key) <= 18 for key in keys):
        raise Http404
    rows = Obligation.objects.visible_to(request.user).filter(pk__in=[int(key) for key in keys])
    tasks = list(rows.select_related("system__team__lead", "assignee").order_by("due", "pk"))
    if len(tasks) != len({int(key) for key in keys}):
        raise Http404
    return tasks


def _nothing_chosen(request: UserRequest) -> HttpResponse:
    messages.error(request, _("Tick at least one task first."))
    return redirect(_next(request))


def _next(request: UserRequest) -> str:
    """Back to the list as it was filtered; never to another site."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith("/"):
        return wanted
    return reverse("work")


def _assigned(number: int, person: Any) -> str:
    if person is None:
        text = ngettext(
            "One task is nobody's by name now.", "%(number)d tasks are nobody's by name now.", number
        )
        return text % {"number": number}
    text = ngettext(
        "One task is assigned to %(person)s.", "%(number)d tasks are assigned to %(person)s.", number
    )
    return text % {"number": number, "person": person}


def _reminded(done: services.Reminded) -> list[tuple[int, str]]:
    found = []
    if done.sent:
        text = ngettext("Reminded of one task.", "Reminded of %(number)d tasks.", done.sent)
        found.append((messages.SUCCESS, text % {"number": done.sent}))
    if done.already:
        text = ngettext(
            "One was reminded of today already; once a day is enough.",
            "%(number)d were reminded of today already; once a day is enough.",
            done.already,
        )
        found.append((messages.INFO, text % {"number": done.already}))
    if done.closed:
        text = ngettext(
            "One is not open, so there is nothing to remind of.",
            "%(number)d are not open, so there is nothing to remind of.",
            done.closed,
        )
        found.append((messages.INFO, text % {"number": done.closed}))
    if done.nobodys:
        text = ngettext(
            "One waits for a role that nobody holds. Ask an administrator to give it to somebody.",
            "%(number)d wait for a role that nobody holds. Ask an administrator to give it to somebody.",
            done.nobodys,
        )
        found.append((messages.WARNING, text % {"number": done.nobodys}))
    return found


def _page(
    request: UserRequest,
    task: Obligation,
    *,
    confirmation: Form | None = None,
    waiver: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    context = obligation_page.context(task, request.user)
    if context["may_confirm"]:
        context["confirmation_form"] = confirmation or ConfirmationForm()
    if context["may_waive"]:
        context["waiver_form"] = waiver or WaiverForm(longest=context["kind"].waiver_days)
    return render(request, "registry/obligation_detail.html", context, status=status)
