"""The page of the gap checklist, scoring it at once, and confirming an item."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from audits import gap_page, services
from audits.forms import ItemConfirmationForm
from audits.items import RULES
from audits.services import WrongConfirmation


@require_safe
@permission_required("audits.view_gapscore", raise_exception=True)
def gap(request: UserRequest) -> HttpResponse:
    """The newest score, item by item, and how it went."""
    return _page(request)


@require_POST
def gap_score(request: UserRequest) -> HttpResponse:
    """Score at once."""
    if not request.user.may_everywhere(services.SCORE):
        raise PermissionDenied(
            _("Only the compliance lead scores the checklist; it is done every night too.")
        )
    found = services.score_and_keep()
    messages.success(request, _("Scored: %(score)d of twelve.") % {"score": found.score})
    return redirect("audits:gap")


@require_POST
def gap_confirm(request: UserRequest, item: str) -> HttpResponse:
    """Write down what was found about an item that nothing measures."""
    if not request.user.may_everywhere(services.CONFIRM):
        raise PermissionDenied(_("Only the compliance lead confirms items of the gap checklist."))
    if item not in RULES or not RULES[item].confirmed_days:
        raise Http404
    form = ItemConfirmationForm(request.POST, item=item)
    if form.is_valid():
        try:
            services.item_confirm(item, **form.cleaned_data, by=request.user)
        except WrongConfirmation as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Written down, and the checklist is scored anew."))
            return redirect(f"{reverse('audits:gap')}#{item}")
    return _page(request, wrong=form, item=item, status=422)


def _page(
    request: UserRequest, *, wrong: ItemConfirmationForm | None = None, item: str = "", status: int = 200
) -> HttpResponse:
    context = gap_page.context(request.user, wrong=wrong, item=item)
    return render(request, "audits/gap.html", context, status=status)
