"""Pages that show all apps at once, and what the portal says of itself to machines."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.roles import SIGNING
from aims.portal.work import work_of
from registry.schema import json_schema


@require_safe
def work(request: UserRequest) -> HttpResponse:
    context = {
        "work": work_of(request.user),
        "signs": bool(request.user.roles & SIGNING),
        "owns": bool(request.user.team_ids),
    }
    return render(request, "portal/work.html", context)


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


@require_safe
@login_not_required
@cache_control(public=True, max_age=3600)
@condition(etag_func=lambda request: _schema(settings.AIMS_URL)[1])
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the record, for editors and CI."""
    return HttpResponse(_schema(settings.AIMS_URL)[0], content_type="application/schema+json")
