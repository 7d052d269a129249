"""Saved views: which lists have them, what of an address is kept, and the writes."""

from typing import Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.ledger import trail
from aims.portal.models import SavedView
from assessments import listing as assessments
from registry import listing as systems
from registry import obligation_list as tasks

LISTS: Final[dict[str, tuple[str, ...]]] = {
    "registry:systems": systems.PARAMETERS,
    "assessments:assessments": assessments.PARAMETERS,
    "work": tasks.PARAMETERS,
}
"""Name of a list's address -> the parameters that filter and sort it. Nothing else of an address is kept: no
page number, no format, nothing that another page could be led to."""

MOST: Final = 30
"""Views of one person on one list. More chips nobody reads."""


def canonical(page: str, params: QueryDict) -> str:
    """What an address of the list asks for, said in one way only, so that two can be compared."""
    asked = ((name, params.get(name, "").strip()) for name in LISTS[page])
    return urlencode([(name, value) for name, value in asked if value and "\0" not in value])


def roles_to_share_with(user: User) -> list[Role]:
    """Roles that a person may share a view with: their own, or all."""
    return [role for role in Role if role in user.roles or user.has_perm("portal.share_savedview")]


@transaction.atomic
def save(page: str, params: QueryDict, *, name: str, role: str = "", by: User) -> SavedView:
    """Keep the list as the parameters show it, privately or shared with a role.

    Raises ValidationError where there is no such list, nothing to keep, the name is taken, or there are too
    many; PermissionDenied for a role that the person may not share with.
    """
    if page not in LISTS:
        raise ValidationError(_("This list has no saved views."))
    query = canonical(page, params)
    if not query:
        raise ValidationError(_("This is the whole list: filter or sort it first, then save the view."))
    if SavedView.objects.filter(owner=by, page=page).count() >= MOST:
        raise ValidationError(
            _("You have %(most)d views of this list: delete one that you no longer use.") % {"most": MOST}
        )
    return _write(SavedView(owner=by, page=page, query=query), name, role, by)


@transaction.atomic
def change(view: SavedView, *, name: str, role: str, by: User) -> SavedView:
    """Give a view another name, share it, or take it back. Only its owner may. Raises as `save` does."""
    _own(view, by)
    return _write(view, name, role, by)


@transaction.atomic
def delete(view: SavedView, *, by: User) -> None:
    """Take a view away, from everybody that it was shared with too. Only its owner may."""
    _own(view, by)
    trail.note(view, by=by)
    view.delete()


def _write(view: SavedView, name: str, role: str, by: User) -> SavedView:
    if role and role != view.role and role not in roles_to_share_with(by):
        raise PermissionDenied(_("You can share a view with your own roles only."))
    view.name, view.role = name, role
    view.full_clean()
    trail.save(view, by=by)
    return view


def _own(view: SavedView, by: User) -> None:
    if view.owner_id != by.pk:
        raise PermissionDenied(_("Only the person who saved this view may change it."))
