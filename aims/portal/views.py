"""Pages that show all apps at once, and what the portal says of itself to machines."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.roles import SIGNING
from aims.ledger.moments import shows_today
from aims.portal.work import RECENT, decided_by, work_of
from aims.tables import export
from registry.obligation_exports import COLUMNS, loaded
from registry.obligation_list import search
from registry.schema import json_schema


@shows_today
@require_safe
def work(request: UserRequest) -> HttpResponseBase:
    """What waits for the person; with `?show=decided`, what they decided lately; with `?format=`, the list of
    tasks as a file."""
    user = request.user
    if request.GET.get("show") == "decided":
        context = {"page": decided_by(user, request.GET), "days": RECENT.days}
        return render(request, "portal/work_decided.html", context)
    if (wanted := export.wanted(request.GET)) is not None:
        tasks = loaded(search(user, request.GET).tasks, timezone.localdate())
        return export.response(wanted, _("Tasks"), COLUMNS, tasks)
    found = work_of(user, request.GET)
    context = {"work": found, "signs": bool(user.roles & SIGNING), "sort": found.tasks.search.sort}
    return render(request, "portal/work.html", context)


@shows_today
@require_safe
@login_not_required
@cache_control(no_store=True)
def health(request: HttpRequest) -> HttpResponse:
    """Whether process and database answer; 503 if the database does not. For probes, so without a login."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "failed", "database": "does not answer"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})


@cache
def _schema(base_url: str) -> tuple[bytes, str]:
    """The JSON Schema of the record, and its ETag. It changes with the code only."""
    content = json.dumps(json_schema(base_url), indent=2, ensure_ascii=False).encode()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@shows_today
@require_safe
@login_not_required
@cache_control(public=True, max_age=3600)
@condition(etag_func=lambda request: _schema(settings.AIMS_URL)[1])
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the record, for editors and CI."""
    return HttpResponse(_schema(settings.AIMS_URL)[0], content_type="application/schema+json")
