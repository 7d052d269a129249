"""Pages on which people save, rename, share and delete their views of lists."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aims.accounts.http import UserRequest
from aims.portal import saved_views
from aims.portal.forms import NewViewForm, SavedViewForm
from aims.portal.models import SavedView


@require_POST
def saved_view_create(request: UserRequest) -> HttpResponse:
    """Save the list as it stands; where something is wrong, the same questions on a page of their own."""
    form = NewViewForm(request.POST, user=request.user)
    if form.is_valid():
        values = form.cleaned_data
        try:
            view = saved_views.save(
                values["page"],
                QueryDict(values["query"]),
                name=values["name"],
                role=values["role"],
                by=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. The view stands above the list."))
            return redirect(view)
    page, query = form.data.get("page", ""), form.data.get("query", "")
    back = ""
    if page in saved_views.LISTS:
        back = f"{reverse(page)}?{saved_views.canonical(page, QueryDict(query))}"
    return render(request, "portal/savedview_form.html", {"form": form, "back": back}, status=422)


def _own_or_404(request: UserRequest, pk: int) -> SavedView:
    return get_object_or_404(SavedView, pk=pk, owner=request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_view(request: UserRequest, pk: int) -> HttpResponse:
    """Another name for a view of one's own, or other people to share it with."""
    view = _own_or_404(request, pk)
    form = SavedViewForm(request.POST or None, user=request.user, view=view)
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.change(
                view, name=form.cleaned_data["name"], role=form.cleaned_data["role"], by=request.user
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(view)
    context = {"form": form, "view": _own_or_404(request, pk), "back": view.get_absolute_url()}
    return render(request, "portal/savedview_form.html", context, status=422 if form.is_bound else 200)


@require_POST
def saved_view_delete(request: UserRequest, pk: int) -> HttpResponse:
    view = _own_or_404(request, pk)
    saved_views.delete(view, by=request.user)
    messages.success(request, _("The view “%(name)s” is gone.") % {"name": view.name})
    return redirect(view.page)
