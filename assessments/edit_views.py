"""The assessment as a form that saves itself, and what happens when two people edit at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from aims.accounts.http import UserRequest
from assessments import completeness, presentation, services
from assessments.errors import Conflict, Incomplete, WrongState
from assessments.forms import AssessmentForm
from assessments.merge import keyed, taking
from assessments.models import Assessment
from assessments.schema import MAX_MITIGATIONS, Content, Mitigation
from assessments.taxonomy import taxonomy
from assessments.views import moved, newest_or_404

INVALID = 422
CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_edit(request: UserRequest, ref: str) -> HttpResponse:
    """GET shows the form. POST saves the whole of it: by the page's script (`X-Autosave: 1`, answered with
    JSON), or by a button, which may ask for more than saving: another measure or dimension, or to submit."""
    assessment = newest_or_404(request, ref)
    if not request.user.has_perm("assessments.change_assessment", assessment):
        raise PermissionDenied(_("You can edit only the assessments of your own teams' systems."))
    if request.method == "POST":
        return _save(request, assessment)
    if not assessment.is_editable:
        messages.info(request, _("This version is not open for editing."))
        return redirect(assessment)
    content = assessment.parsed
    lacking = completeness.missing(content, today=timezone.localdate()) if "missing" in request.GET else []
    return _page(request, assessment, AssessmentForm.of(content), content, lacking=lacking)


def _save(request: UserRequest, assessment: Assessment) -> HttpResponse:
    by_script = request.headers.get("X-Autosave") == "1"
    form = AssessmentForm.posted(request.POST)
    if form.content is None:
        if by_script:
            return JsonResponse({"errors": form.errors}, status=INVALID)
        revision = request.POST.get("revision", "")
        return _page(request, assessment, form, assessment.parsed, revision=revision, status=INVALID)
    try:
        wanted = form.content if by_script else _with_button(request, form.content)
        saved = _saved(request, assessment, wanted)
        if "submit" in request.POST and not by_script:
            services.submit(saved, by=request.user)
    except WrongState as error:
        return _fragment(request, {"message": str(error)}) if by_script else moved(request, error)
    except Conflict as error:
        return _conflict(request, error, by_script=by_script)
    except Incomplete as error:
        content = saved.parsed
        shown = AssessmentForm.of(content)
        return _page(request, saved, shown, content, lacking=error.missing, status=INVALID)
    if by_script:
        return JsonResponse({"revision": saved.revision, "saved_at": _clock(saved)})
    if "submit" in request.POST:
        messages.success(request, _("Submitted. Those who decide find it in their work."))
        return redirect(saved)
    return redirect(reverse("assessments:edit", args=[saved.ref]) + _anchor(request))


def _saved(request: UserRequest, assessment: Assessment, content: Content) -> Assessment:
    """Save what came from the form of this very version. Raises what `services.save` raises."""
    revision, version = request.POST.get("revision", ""), request.POST.get("version", "")
    if not revision.isdecimal() or len(revision) > 9:
        raise BadRequest(_("The page did not say which revision it shows. Load it again."))
    if version != str(assessment.version):
        raise WrongState(
            _(
                "This page shows a version that has been decided since. "
                "Open the assessment again to see where it stands."
            )
        )
    return services.save(assessment, content, by=request.user, revision=int(revision))


def _with_button(request: UserRequest, content: Content) -> Content:
    """The content with what the pressed button adds or removes. Raises WrongState when there is no room."""
    if "add_measure" in request.POST:
        if len(content.mitigations) >= MAX_MITIGATIONS:
            raise WrongState(
                _("There is room for %(number)d measures. Put some of them together.")
                % {"number": MAX_MITIGATIONS}
            )
        measure = Mitigation(id=services.new_measure_id())
        return content.model_copy(update={"mitigations": (*content.mitigations, measure)})
    if removed := request.POST.get("remove_measure"):
        kept = tuple(measure for measure in content.mitigations if measure.id != removed)
        return content.model_copy(update={"mitigations": kept})
    wider = {key for key, dimension in taxonomy().dimensions.items() if not dimension.from_article}
    added = request.POST.get("new_dimension", "") if "add_dimension" in request.POST else ""
    if added in wider and added not in content.impacts:
        return Content.of({**content.document(), "impacts": {**content.document()["impacts"], added: {}}})
    removed = request.POST.get("remove_dimension", "")
    if removed in wider:
        impacts = {key: impact for key, impact in content.impacts.items() if key != removed}
        return content.model_copy(update={"impacts": impacts})
    return content


def _anchor(request: UserRequest) -> str:
    """Where the page goes on after a button."""
    if "add_measure" in request.POST or "remove_measure" in request.POST:
        return "#mitigations"
    if "add_dimension" in request.POST or "remove_dimension" in request.POST:
        return "#impacts"
    return ""


@require_POST
def assessment_merge(request: UserRequest, ref: str) -> HttpResponse:
    """What a person chose where both had changed the same answers: a save on top of the other's revision."""
    assessment = newest_or_404(request, ref)
    if not request.user.has_perm("assessments.change_assessment", assessment):
        raise PermissionDenied(_("You can edit only the assessments of your own teams' systems."))
    try:
        mine = Content.model_validate_json(request.POST.get("merged", ""))
        revision = int(request.POST.get("revision", ""))
        theirs = assessment.content_at(revision) or {}
        paths = [
            name.removeprefix("take:") for name, value in request.POST.items() if _is_theirs(name, value)
        ]
        content = Content.of(taking(mine.document(), theirs, paths))
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(_("The choices could not be read. Open the assessment again.")) from error
    try:
        _saved(request, assessment, content)
    except WrongState as error:
        return moved(request, error)
    except Conflict as error:
        return _conflict(request, error, by_script=False)
    messages.success(request, _("Saved, with the answers that you chose."))
    return redirect("assessments:edit", ref)


def _is_theirs(name: str, value: Any) -> bool:
    return name.startswith("take:") and value == "theirs"


def _conflict(request: UserRequest, error: Conflict, *, by_script: bool) -> HttpResponse:
    """Both answers side by side, with a choice for each; a fragment for the script, else a page."""
    sides = keyed(error.merged.document()), keyed(error.current.content)
    context = {
        "assessment": error.current,
        "message": str(error),
        "merged": error.merged.model_dump_json(),
        "clashes": [
            {
                "path": clash.path,
                "label": presentation.label(clash.path, sides),
                "mine": presentation.value_text(clash.path, clash.mine) or _("(empty or removed)"),
                "theirs": presentation.value_text(clash.path, clash.theirs) or _("(empty or removed)"),
            }
            for clash in error.clashes
        ],
    }
    if by_script:
        return _fragment(request, context)
    return render(request, "assessments/assessment_conflict.html", context, status=CONFLICT)


def _fragment(request: UserRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "assessments/_conflict.html", context, status=CONFLICT)


def _page(
    request: UserRequest,
    assessment: Assessment,
    form: AssessmentForm,
    content: Content,
    *,
    lacking: list[completeness.Missing] | None = None,
    revision: str = "",
    status: int = 200,
) -> HttpResponse:
    steps = completeness.progress(content, today=timezone.localdate())
    sections = [
        {
            "anchor": step.section,
            "label": f"{number}. {completeness.SECTIONS[step.section]}",
            "answered": step.answered,
            "total": step.total,
        }
        for number, step in enumerate(steps, 1)
    ]
    context = {
        "assessment": assessment,
        "system": assessment.system,
        "form": form,
        "sections": sections,
        "progress": {section["anchor"]: section for section in sections},
        "links": form.show_missing(lacking or []),
        "modifiers": taxonomy().severity_modifiers,
        "likelihood": taxonomy().likelihood,
        "severity": taxonomy().severity,
        "revision": revision or assessment.revision,
        "saved_at": _clock(assessment),
    }
    return render(request, "assessments/assessment_form.html", context, status=status)


def _clock(assessment: Assessment) -> str:
    return f"{timezone.localtime(assessment.updated_at):%H:%M}"
