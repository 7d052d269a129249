"""Pages of the registry in the past: what `registry.views` leaves to them."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.http import UserRequest
from aims.ledger import as_of
from aims.tables import export
from registry import checklist, past, presentation
from registry.exports import PAST_COLUMNS
from registry.models import AISystem
from registry.panels import panels_at
from registry.timeline import Timeline
from registry.yaml_writer import dump_yaml

EVENTS_SHOWN = 8


def system_list(request: UserRequest) -> HttpResponseBase:
    moment = _moment(request)
    if (wanted := export.wanted(request.GET)) is not None:
        keys = list(past.search(request.user, request.GET, moment).systems.values_list("pk", flat=True))
        title = _("AI systems as of %(day)s") % {"day": timezone.localdate(moment).isoformat()}
        return export.response(wanted, title, PAST_COLUMNS, past.loaded(keys, moment))
    found = past.listing(request.user, request.GET, moment)
    context: dict[str, Any] = {"listing": found, "page": found.page, "sort": found.search.sort}
    if not found.page and not found.search.active:
        context["began"] = as_of.began(AISystem)
    return render(request, "registry/aisystem_list.html", context)


def system_detail(request: UserRequest, slug: str) -> HttpResponse:
    moment = _moment(request)
    system = past.system_at(request.user, slug, moment)
    signed = past.signed_at(system, moment)
    events = Timeline(system, moment)[: EVENTS_SHOWN + 1]
    context = {
        "system": system,
        "steps": checklist.steps_at(system.stage),
        "signed": signed,
        "rows": [checklist.signature_then(signature, system) for signature in signed.signatures],
        "sections": presentation.sections(signed.record),
        "events": events[:EVENTS_SHOWN],
        "more_events": len(events) > EVENTS_SHOWN,
        "panels": panels_at(system, moment),
        "tasks": past.tasks_at(system, request.user, moment),
    }
    return render(request, "registry/aisystem_then.html", context)


def system_yaml(request: UserRequest, slug: str) -> HttpResponse:
    moment = _moment(request)
    system = past.system_at(request.user, slug, moment)
    text = dump_yaml(past.signed_at(system, moment).record)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    kind = "attachment" if "download" in request.GET else "inline"
    name = f"{system.slug}-as-of-{moment:%Y%m%dT%H%M%S}Z.yaml"
    response["Content-Disposition"] = f'{kind}; filename="{name}"'
    return response


def system_history(request: UserRequest, slug: str) -> HttpResponse:
    moment = _moment(request)
    system = past.system_at(request.user, slug, moment)
    page: Any = Paginator(Timeline(system, moment), 25).get_page(request.GET.get("page"))  # type: ignore[arg-type]
    return render(request, "registry/aisystem_history.html", {"system": system, "page": page})


def _moment(request: Any) -> dt.datetime:
    moment: dt.datetime = request.moment
    return moment
