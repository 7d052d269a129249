"""Who can see and change what, and why."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aims.accounts.http import UserRequest
from aims.accounts.models import User
from aims.accounts.roles import Role
from registry import explanation
from registry.models import AISystem, SystemException

FOUND = 20


@require_safe
def system_access(request: UserRequest, slug: str) -> HttpResponse:
    """Everybody who can see a system, by reason."""
    systems = AISystem.objects.visible_to(request.user).select_related("team__lead")
    system = get_object_or_404(systems, slug=slug)
    if not request.user.has_perm("registry.explain_aisystem", system):
        raise PermissionDenied(
            _("Who sees a system is shown to its team, the compliance lead, auditors and administrators.")
        )
    groups = explanation.groups_of(system)
    context = {
        "system": system,
        "groups": groups,
        "number": len({pk for group in groups for pk, _name, _note in group.people}),
        "people_url": reverse("people") if request.user.has_perm("accounts.view_user") else "",
    }
    return render(request, "registry/system_access.html", context)


@require_safe
def person_access(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """What a person can see and why; with `?system=`, what they may do with that one."""
    subject = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    asked = request.GET.get("system", "").strip()[:200]
    visible = AISystem.objects.visible_to(request.user)
    context: dict[str, Any] = {"subject": subject, "asked": asked, "own": subject == request.user}
    system = visible.filter(slug=asked).select_related("team").first() if asked else None
    if system is not None:
        context |= {"system": system, "acts": explanation.explain(subject, system)}
    elif asked:
        context["found"] = list(visible.search(asked).order_by("name", "pk")[:FOUND])
    else:
        context["reasons"] = _reasons(subject, visible)
    return render(request, "registry/person_access.html", context)


def _reasons(subject: User, visible: Any) -> list[dict[str, Any]]:
    """Why the person sees which systems, with numbers and the list that shows them; of those in `visible`."""
    if not subject.is_active:
        return []
    listed = reverse("registry:systems")
    teams = list(
        visible.order_by().values("team_id", "team__slug", "team__name").annotate(number=Count("pk"))
    )
    reasons: list[dict[str, Any]] = []
    wide = subject.roles_allowing(explanation.SEE, _NOT_OWNED)
    for role in Role:
        if role in wide:
            words = str(role.label)
            if role not in subject.granted_roles:
                entry = subject.substitutions[role]
                words = _("%(role)s, standing in for %(holder)s until %(until)s") % {
                    "role": role.label,
                    "holder": entry.holder,
                    "until": f"{entry.ends:%Y-%m-%d}",
                }
            number = sum(row["number"] for row in teams)
            reasons.append({"why": words, "what": _("Every system"), "number": number, "url": listed})
    for row in sorted(teams, key=lambda row: row["team__name"]):
        if row["team_id"] in subject.team_ids:
            reasons.append(
                {
                    "why": _("Member of %(team)s") % {"team": row["team__name"]},
                    "what": _("Systems of the team"),
                    "number": row["number"],
                    "url": f"{listed}?owner={row['team__slug']}",
                }
            )
    exceptions = SystemException.objects.in_force(timezone.localdate()).filter(
        user=subject, permission__codename="view_aisystem", content_object__in=visible
    )
    for exception in exceptions.select_related("content_object"):
        reasons.append(
            {
                "why": _("Exception until %(until)s: %(reason)s")
                % {"until": f"{exception.until:%Y-%m-%d}", "reason": exception.reason},
                "what": exception.content_object.name,
                "number": 1,
                "url": exception.content_object.get_absolute_url(),
            }
        )
    return reasons


_NOT_OWNED = object()
"""Something that no team owns: what a role gives on it, it gives everywhere."""
