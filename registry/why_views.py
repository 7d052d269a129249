"""The page that explains what blocks a system."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aims.accounts.http import UserRequest
from registry import checklist, gate
from registry.reasons import explain
from registry.views import system_or_404


@require_safe
def system_why(request: UserRequest, slug: str) -> HttpResponse:
    system = system_or_404(request, slug)
    answer = gate.judge(system)
    context = {
        "system": system,
        "answer": answer,
        "summary": checklist.summary(answer),
        "explanation": explain(answer, request.user),
    }
    return render(request, "registry/aisystem_why.html", context)
