"""What differs between an assessment at two moments: the newest version of each."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aims.accounts.http import UserRequest
from aims.ledger.moments import NoMoment, between, travels
from assessments import past, presentation
from assessments.models import Assessment


@require_safe
def _compare(request: UserRequest, ref: str) -> HttpResponse:
    known = Assessment.objects.visible_to(request.user).filter(ref=ref).select_related("system").first()
    if known is None:
        raise Http404
    first = Assessment.history.filter(ref=ref).order_by("history_date", "history_id").first()
    context: dict[str, Any] = {"ref": ref, "name": known.system.name, "typed": request.GET}
    try:
        start, end = between(request, first.history_date)
    except NoMoment as error:
        context["error"] = str(error)
        return render(request, "assessments/assessment_compare.html", context, status=400)
    before, after = (
        next((version for version in past.versions_at(known.system_id, moment) if version.ref == ref), None)
        for moment in (start, end)
    )
    if before and after:
        context["differences"] = presentation.content_changes(before.content, after.content)
    context |= {"start": start, "end": end, "before": before, "after": after}
    return render(request, "assessments/assessment_compare.html", context)


assessment_compare = travels(_compare)(_compare)
