"""What differs between a system at two moments."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aims.accounts.http import UserRequest
from aims.ledger import as_of
from aims.ledger.changes import changes
from aims.ledger.moments import NoMoment, between, travels
from registry import documents, past, presentation
from registry.models import AISystem


@require_safe
def _compare(request: UserRequest, slug: str) -> HttpResponse:
    key = past.key_of(request.user, slug)
    own = AISystem.history.filter(id=key).order_by("history_date", "history_id")
    first = own.first()
    context: dict[str, Any] = {"slug": slug, "name": first.name, "typed": request.GET}
    try:
        start, end = between(request, first.history_date)
    except NoMoment as error:
        context["error"] = str(error)
        return render(request, "registry/aisystem_compare.html", context, status=400)
    rows = [as_of.row_at(AISystem, moment, key) for moment in (start, end)]
    there = past.with_teams([row for row in rows if row is not None], end)
    if all(rows):
        before, after = (documents.record_of(system) for system in there)
        context["differences"] = presentation.change_rows(list(changes(before, after)))
    context |= {"start": start, "end": end, "before": rows[0], "after": rows[1]}
    if there:
        context["name"] = there[-1].name
    return render(request, "registry/aisystem_compare.html", context)


system_compare = travels(_compare)(_compare)
