"""Pages that read assessments and move them on. A view parses, calls a service, and answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.ledger.moments import travels
from aims.signoffs import subjects
from aims.signoffs.services import roles_to_sign
from aims.signoffs.standing import latest_decisions
from aims.tables import export
from assessments import past_views, presentation, services
from assessments.approval import SUBJECT
from assessments.completeness import missing
from assessments.errors import Incomplete, WrongState
from assessments.listing import COLUMNS, listing, search
from assessments.markdown import to_markdown
from assessments.models import Assessment
from assessments.outline import outline
from assessments.reading import before, shown
from assessments.signing import KIND, subject_of
from assessments.states import State
from registry.models import AISystem


def newest_or_404(request: UserRequest, ref: str) -> Assessment:
    """The newest version under a reference that the person may see."""
    found = Assessment.objects.visible_to(request.user).filter(ref=ref).order_by("-version")
    assessment = found.select_related("system__team", "edited_by", "submitted_by").first()
    if assessment is None:
        raise Http404
    return assessment


def _version_or_404(request: UserRequest, ref: str) -> Assessment:
    """The version that the URL asks for (`?version=2`), the newest if it asks for none."""
    wanted = request.GET.get("version")
    if wanted is None:
        return newest_or_404(request, ref)
    if not wanted.isdecimal() or len(wanted) > 6:
        raise Http404
    return get_object_or_404(
        Assessment.objects.visible_to(request.user).select_related(
            "system__team", "edited_by", "submitted_by"
        ),
        ref=ref,
        version=int(wanted),
    )


def moved(request: UserRequest, error: WrongState) -> HttpResponse:
    """The page for a step that no longer fits."""
    return render(request, "409.html", {"exception": str(error)}, status=409)


@travels(past_views.assessment_list)
@require_safe
def assessment_list(request: UserRequest) -> HttpResponseBase:
    if (wanted := export.wanted(request.GET)) is not None:
        assessments = search(request.user, request.GET).assessments
        return export.response(wanted, _("Impact assessments"), COLUMNS, assessments.iterator())
    found = listing(request.user, request.GET)
    return render(
        request,
        "assessments/assessment_list.html",
        {"listing": found, "page": found.page, "sort": found.search.sort},
    )


@travels(past_views.assessment_detail)
@require_safe
def assessment_detail(request: UserRequest, ref: str) -> HttpResponse:
    assessment = _version_or_404(request, ref)
    versions = list(
        Assessment.objects.filter(system=assessment.system_id).defer("content", "record").order_by("-version")
    )
    previous = before(assessment, versions)
    may_write = request.user.has_perm("assessments.change_assessment", assessment)
    is_newest = versions[0].pk == assessment.pk
    signoffs = latest_decisions(SUBJECT, [assessment.pk]).get(assessment.pk, {})
    context = {
        **shown(assessment, signoffs, versions, previous and _content_of(previous)),
        "superseded_by": assessment.superseded_by() if assessment.state == State.APPROVED else None,
        "may_edit": may_write and is_newest and assessment.is_editable,
        "may_withdraw": may_write and assessment.state == State.SUBMITTED,
        "may_begin": is_newest
        and assessment.is_frozen
        and request.user.has_perm("assessments.add_assessment", assessment),
        "complete": assessment.is_editable and not missing(assessment.parsed, today=timezone.localdate()),
        "decide_url": _decide_url(request, assessment),
    }
    return render(request, "assessments/assessment_detail.html", context)


def _content_of(version: Assessment) -> dict[str, Any]:
    """The content of a version whose row was loaded without it."""
    return Assessment.objects.values_list("content", flat=True).get(pk=version.pk)  # type: ignore[no-any-return]


def _decide_url(request: UserRequest, assessment: Assessment) -> str:
    """Where the person decides about it, if that is theirs to do."""
    if assessment.state != State.SUBMITTED:
        return ""
    subject: subjects.Subject = subject_of(assessment)
    if not roles_to_sign(subject, request.user):
        return ""
    return reverse("signoffs:decide", args=[KIND.name, subject.key])


@travels(past_views.assessment_markdown)
@require_safe
def assessment_markdown(request: UserRequest, ref: str) -> HttpResponse:
    """The version as a Markdown file in the article's template, to download."""
    assessment = _version_or_404(request, ref)
    signoffs = latest_decisions(SUBJECT, [assessment.pk]).get(assessment.pk, {})
    subtitle = _("%(ref)s, version %(version)d: %(state)s") % {
        "ref": assessment.ref,
        "version": assessment.version,
        "state": assessment.get_state_display(),
    }
    text = to_markdown(
        assessment.system.name, subtitle, outline(assessment.parsed, presentation.approvals(signoffs))
    )
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{assessment.ref}-v{assessment.version}.md"'
    return response


@require_POST
def assessment_begin(request: UserRequest, slug: str) -> HttpResponse:
    """Start the assessment of a system, or go on with the one that is open."""
    system = get_object_or_404(AISystem.objects.visible_to(request.user), slug=slug)
    try:
        assessment = services.begin(system, by=request.user)
    except WrongState as error:
        return moved(request, error)
    return redirect(
        "assessments:edit" if assessment.is_editable else "assessments:assessment", assessment.ref
    )


@require_POST
def assessment_submit(request: UserRequest, ref: str) -> HttpResponse:
    assessment = newest_or_404(request, ref)
    try:
        services.submit(assessment, by=request.user)
    except Incomplete:
        messages.error(request, _("Something is still missing before this can be submitted."))
        return redirect(reverse("assessments:edit", args=[ref]) + "?missing")
    except WrongState as error:
        return moved(request, error)
    messages.success(request, _("Submitted. Those who decide find it in their work."))
    return redirect(assessment)


@require_POST
def assessment_withdraw(request: UserRequest, ref: str) -> HttpResponse:
    try:
        assessment = services.withdraw(newest_or_404(request, ref), by=request.user)
    except WrongState as error:
        return moved(request, error)
    messages.success(request, _("Taken back. You can edit it again."))
    return redirect("assessments:edit", assessment.ref)


@require_POST
def assessment_version(request: UserRequest, ref: str) -> HttpResponse:
    try:
        following = services.new_version(newest_or_404(request, ref), by=request.user)
    except WrongState as error:
        return moved(request, error)
    messages.success(
        request,
        _("Version %(number)d begun. It starts with the text of the one before.")
        % {"number": following.version},
    )
    return redirect("assessments:edit", following.ref)
