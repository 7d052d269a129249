"""The pages of jobs: for administrators to act, for the compliance lead and auditors to read."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.services import demand
from aims.jobs import overview, registry, runs, schedules
from aims.jobs.forms import ScheduleForm
from aims.jobs.models import JobRun, JobSchedule
from aims.jobs.registry import Job

SEE, RUN, CHANGE = "jobs.view_jobrun", "jobs.add_jobrun", "jobs.change_jobschedule"
PAGE = 25


def _job_or_404(name: str) -> Job:
    if (job := registry.find(name)) is None:
        raise Http404
    return job


@require_safe
def job_list(request: UserRequest) -> HttpResponse:
    demand(request.user, SEE)
    context = {
        "lines": overview.lines(),
        "silence": overview.silence(),
        "may_run": request.user.has_perm(RUN),
    }
    return render(request, "jobs/job_list.html", context)


@require_safe
def job(request: UserRequest, name: str) -> HttpResponse:
    demand(request.user, SEE)
    return _page(request, _job_or_404(name))


def _page(
    request: UserRequest, found: Job, form: ScheduleForm | None = None, status: int = 200
) -> HttpResponse:
    schedule = JobSchedule.objects.filter(name=found.name).first()
    page = Paginator(
        JobRun.objects.filter(job=found.name).select_related("asked_by").order_by("-pk"), PAGE
    ).get_page(request.GET.get("page"))
    if form is None and request.user.has_perm(CHANGE):
        form = _form(found, schedule)
    context = {
        "line": overview.line(found, schedule, None, timezone.now()),
        "page": page,
        "runs": [overview.run_line(run) for run in page],
        "silence": overview.silence(),
        "changes": overview.changes(found),
        "form": form,
        "may_run": request.user.has_perm(RUN),
    }
    return render(request, "jobs/job_detail.html", context, status=status)


def _form(found: Job, schedule: JobSchedule | None, data: object = None) -> ScheduleForm:
    paused = bool(schedule and schedule.paused)
    return ScheduleForm(found, schedules.timing(found, schedule), paused, data)


@require_POST
def job_run(request: UserRequest, name: str) -> HttpResponse:
    demand(request.user, RUN)
    found = _job_or_404(name)
    if runs.ask(found.name, by=request.user):
        text = _("“%(job)s” is asked for. A worker takes it up in a second or two; reload to see the result.")
    else:
        text = _("“%(job)s” is waiting already.")
    messages.success(request, text % {"job": found.title})
    return redirect("jobs:job", found.name)


@require_POST
def job_schedule(request: UserRequest, name: str) -> HttpResponse:
    demand(request.user, CHANGE)
    found = _job_or_404(name)
    schedule = JobSchedule.objects.filter(name=found.name).first()
    form = _form(found, schedule, request.POST)
    if form.is_valid():
        try:
            schedules.change(found, by=request.user, **form.chosen())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The schedule is saved."))
            return redirect("jobs:job", found.name)
    return _page(request, found, form, status=422)
