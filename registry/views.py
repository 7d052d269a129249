"""Pages of the registry. A view parses, calls a service, and answers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aims.accounts.http import UserRequest
from aims.ledger.changes import changes
from aims.ledger.moments import travels
from aims.tables import export
from registry import (
    archive,
    checklist,
    documents,
    gate,
    obligation_list,
    past_views,
    presentation,
    services,
    snapshots,
)
from registry.errors import Conflict, IdTaken, ReasonNeeded, WrongStage
from registry.exports import COLUMNS
from registry.forms import SystemForm, reason_of
from registry.listing import listing, search
from registry.models import AISystem
from registry.panels import panels_of
from registry.stages import TRANSITIONS
from registry.timeline import Timeline
from registry.yaml_writer import dump_yaml

EVENTS_SHOWN = 8
"""On a system's page; its history has them all."""


def system_or_404(request: UserRequest, slug: str) -> AISystem:
    return get_object_or_404(
        AISystem.objects.visible_to(request.user).select_related("team__lead", "team__deputy", "edited_by"),
        slug=slug,
    )


@travels(past_views.system_list)
@require_safe
def system_list(request: UserRequest) -> HttpResponseBase:
    snapshots.keep_current()
    if (wanted := export.wanted(request.GET)) is not None:
        systems = search(request.user, request.GET).systems
        return export.response(wanted, _("AI systems"), COLUMNS, systems.iterator())
    found = listing(request.user, request.GET)
    return render(
        request,
        "registry/aisystem_list.html",
        {
            "listing": found,
            "page": found.page,
            "sort": found.search.sort,
            "may_add": request.user.has_perm("registry.add_aisystem"),
            "may_import": request.user.has_perm("registry.import_aisystem"),
        },
    )


@require_safe
def system_archive(request: UserRequest) -> FileResponse:
    """The records of the systems that the list would show, as a zip of YAML files."""
    file = export.spool()
    archive.write_zip(file, search(request.user, request.GET).systems)
    return export.download(file, "records.zip", "application/zip")


@travels(past_views.system_detail)
@require_safe
def system_detail(request: UserRequest, slug: str) -> HttpResponse:
    system = system_or_404(request, slug)
    answer = gate.judge(system)
    events = Timeline(system)[: EVENTS_SHOWN + 1]
    return render(
        request,
        "registry/aisystem_detail.html",
        {
            "system": system,
            "answer": answer,
            "steps": checklist.steps(answer),
            "summary": checklist.summary(answer),
            "rows": checklist.rows(answer, request.user),
            "passed": checklist.passed(answer),
            "sections": presentation.sections(answer.record),
            "events": events[:EVENTS_SHOWN],
            "more_events": len(events) > EVENTS_SHOWN,
            "panels": panels_of(system, request.user),
            "tasks": obligation_list.of_system(system, request.user),
            "may_change": request.user.has_perm("registry.change_aisystem", system),
            "may_explain": request.user.has_perm("registry.explain_aisystem", system),
            "transitions": checklist.transitions(system, request.user),
        },
    )


@travels(past_views.system_yaml)
@require_safe
def system_yaml(request: UserRequest, slug: str) -> HttpResponse:
    """The record as YAML: shown by browsers, saved by scripts (`?download`)."""
    system = system_or_404(request, slug)
    text = dump_yaml(gate.judge(system).record)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    kind = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{system.slug}.yaml"'
    return response


@travels(past_views.system_history)
@require_safe
def system_history(request: UserRequest, slug: str) -> HttpResponse:
    system = system_or_404(request, slug)
    page: Any = Paginator(Timeline(system), 25).get_page(request.GET.get("page"))  # type: ignore[arg-type]
    return render(request, "registry/aisystem_history.html", {"system": system, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def system_new(request: UserRequest) -> HttpResponse:
    if not request.user.has_perm("registry.add_aisystem"):
        raise PermissionDenied(_("Only members of a team and the compliance lead register systems."))
    form = SystemForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            system = services.system_create(
                form.cleaned_data["record"],
                team=form.cleaned_data["team"],
                by=request.user,
                reason=form.cleaned_data["reason"],
            )
        except PermissionDenied as error:
            form.add_error("team", str(error))
        except IdTaken as error:
            form.add_error("slug", str(error))
        else:
            messages.success(request, _("Registered. Next: start the impact assessment."))
            return redirect(system)
    return render(request, "registry/aisystem_form.html", {"form": form}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def system_edit(request: UserRequest, slug: str) -> HttpResponse:
    system = system_or_404(request, slug)
    if not request.user.has_perm("registry.change_aisystem", system):
        raise PermissionDenied(_("You can change only the systems of your own teams."))
    form = SystemForm(request.POST or None, user=request.user, system=system)
    context: dict[str, Any] = {"form": form, "system": system}
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.system_update(
                system,
                form.cleaned_data["record"],
                team=form.cleaned_data["team"],
                by=request.user,
                revision=form.cleaned_data["revision"] or 0,
                reason=form.cleaned_data["reason"],
            )
        except ReasonNeeded as error:
            form.add_error("reason", str(error))
        except PermissionDenied as error:
            form.add_error("team", str(error))
        except Conflict as error:
            return _conflict(request, form, error)
        else:
            if changed.revision == system.revision:
                messages.info(request, _("Nothing was different, so nothing was saved."))
            else:
                messages.success(request, _("Saved as revision %(number)s.") % {"number": changed.revision})
            return redirect(changed)
    return render(request, "registry/aisystem_form.html", context, status=_status(form))


def _conflict(request: UserRequest, form: SystemForm, error: Conflict) -> HttpResponse:
    """Both versions side by side; the form keeps the person's own, to be saved over the other knowingly."""
    theirs = documents.record_of(error.current)
    mine = documents.with_derived(form.cleaned_data["record"].document(), theirs)
    posted = request.POST.copy()
    posted["revision"] = str(error.current.revision)
    form.data = posted
    return render(
        request,
        "registry/aisystem_form.html",
        {
            "form": form,
            "system": error.current,
            "conflict": str(error),
            "differences": presentation.change_rows(list(changes(theirs, mine))),
        },
        status=409,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def system_promotion(request: UserRequest, slug: str) -> HttpResponse:
    """The gate and the transitions: what blocks production, and every way on from this stage."""
    system = system_or_404(request, slug)
    status, wrong, reason = 200, "", ""
    if request.method == "POST":
        name, reason = request.POST.get("transition", ""), request.POST.get("reason", "")
        if name not in TRANSITIONS:
            raise BadRequest(_("There is no such step. Go back to the page and choose one of the buttons."))
        try:
            moved = services.system_move(system, name, by=request.user, reason=reason_of(request.POST))
        except (WrongStage, ReasonNeeded) as error:
            status, wrong = (409 if isinstance(error, WrongStage) else 422), str(error)
        else:
            if moved.done:
                messages.success(
                    request,
                    _("The system is now in the stage “%(stage)s”.")
                    % {"stage": moved.system.get_stage_display()},
                )
                return redirect(moved.system)
            messages.error(request, _("The gate refused. What is open stands below."))
            return redirect("registry:system-promotion", slug=slug)
    answer = gate.judge(system)
    return render(
        request,
        "registry/aisystem_promotion.html",
        {
            "system": system,
            "answer": answer,
            "steps": checklist.steps(answer),
            "summary": checklist.summary(answer),
            "rows": checklist.rows(answer, request.user),
            "passed": checklist.passed(answer),
            "transitions": checklist.transitions(system, request.user),
            "decisions": system.gate_decisions.select_related("asked_by")[:10],
            "wrong": wrong,
            "reason": reason,
        },
        status=status,
    )


def _status(form: SystemForm) -> int:
    return 422 if form.is_bound and not form.is_valid() else 200
