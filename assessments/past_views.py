"""Pages of assessments in the past: what `assessments.views` leaves to them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.ledger import as_of
from aims.signoffs.standing import latest_decisions
from aims.tables import export
from assessments import past, presentation
from assessments.approval import SUBJECT
from assessments.listing import COLUMNS
from assessments.markdown import to_markdown
from assessments.models import Assessment
from assessments.outline import outline
from assessments.reading import before, shown
from assessments.states import State


def assessment_list(request: Any) -> HttpResponseBase:
    moment = request.moment
    if (wanted := export.wanted(request.GET)) is not None:
        keys = list(past.search(request.user, request.GET, moment).assessments.values_list("pk", flat=True))
        title = _("Assessments as of %(day)s") % {"day": timezone.localdate(moment).isoformat()}
        return export.response(wanted, title, COLUMNS, past.loaded(keys, moment))
    found = past.listing(request.user, request.GET, moment)
    context: dict[str, Any] = {"listing": found, "page": found.page, "sort": found.search.sort}
    if not found.page and not found.search.active:
        context["began"] = as_of.began(Assessment)
    return render(request, "assessments/assessment_list.html", context)


def assessment_detail(request: Any, ref: str) -> HttpResponse:
    versions = past.versions_under(request.user, ref, request.moment)
    assessment = _wanted(request, versions)
    previous = before(assessment, versions)
    approved = next((version for version in versions if version.state == State.APPROVED), assessment)
    replaced = assessment.state == State.APPROVED and approved.version > assessment.version
    context = {
        **shown(assessment, _signoffs(request, assessment), versions, previous and previous.content),
        "superseded_by": approved if replaced else None,
    }
    return render(request, "assessments/assessment_detail.html", context)


def assessment_markdown(request: Any, ref: str) -> HttpResponse:
    assessment = _wanted(request, past.versions_under(request.user, ref, request.moment))
    subtitle = _("%(ref)s, version %(version)d: %(state)s") % {
        "ref": assessment.ref,
        "version": assessment.version,
        "state": assessment.get_state_display(),
    }
    approvals = presentation.approvals(_signoffs(request, assessment))
    text = to_markdown(assessment.system.name, subtitle, outline(assessment.parsed, approvals))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = f"{ref}-v{assessment.version}-as-of-{request.moment:%Y%m%dT%H%M%S}Z.md"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _wanted(request: Any, versions: list[Assessment]) -> Assessment:
    """The version that the URL asks for, the newest of then if it asks for none."""
    wanted = request.GET.get("version")
    if wanted is None:
        return versions[0]
    found = next((version for version in versions if str(version.version) == wanted), None)
    if found is None:
        raise Http404
    return found


def _signoffs(request: Any, assessment: Assessment) -> dict[str, Any]:
    found = latest_decisions(SUBJECT, [assessment.pk], until=request.moment)
    return found.get(assessment.pk, {})
