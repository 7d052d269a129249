"""`{% saved_views %}`: the views that a person has of the list on the page, and the form that saves one."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from aims.accounts.http import UserRequest
from aims.portal.forms import NewViewForm
from aims.portal.models import SavedView
from aims.portal.saved_views import canonical

register = template.Library()


@register.inclusion_tag("components/saved_views.html", takes_context=True)
def saved_views(context: Context) -> dict[str, Any]:
    """Chips for the saved views of this list, one query; the one that the address says is current.

    The list must be one of `aims.portal.saved_views.LISTS`. Nothing shows where nothing is saved and nothing
    is filtered.
    """
    request: UserRequest = context["request"]
    match = request.resolver_match
    page = match.view_name if match else ""
    query = canonical(page, request.GET)
    views = list(SavedView.objects.visible_to(request.user).filter(page=page).select_related("owner"))
    mine_first = sorted(views, key=lambda view: view.owner_id != request.user.pk)
    current = next((view for view in mine_first if view.query == query), None)
    form = None
    if query and (current is None or current.owner_id != request.user.pk):
        form = NewViewForm(initial={"page": page, "query": query}, user=request.user)
    return {
        "all": reverse(page),
        "views": views,
        "query": query,
        "current": current,
        "form": form,
        "user": request.user,
        "csrf_token": context.get("csrf_token"),
    }
