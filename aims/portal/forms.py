"""Forms of the portal's own pages."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal.models import SavedView
from aims.portal.saved_views import roles_to_share_with

ONLY_ME: Final = "me"
"""What the form says where the model says nothing, so that it is a choice and not an omission."""


class SavedViewForm(forms.Form):
    """The name of a view, and who gets to see it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("It stands above the list, so keep it short."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Who sees it"), help_text=_("Everybody still sees only the rows that they may see.")
    )

    def __init__(self, *args: Any, user: User, view: SavedView | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "view_%s")
        super().__init__(*args, **kwargs)
        if view:
            self.initial = {"name": view.name, "role": view.role or ONLY_ME}
        roles = roles_to_share_with(user)
        shared = Role(view.role) if view and view.role else None
        if shared and shared not in roles:  # shared in a role that the owner holds no longer
            roles.append(shared)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (ONLY_ME, _("Only me")),
            *((role.value, _("Role: %(role)s") % {"role": role.label}) for role in roles),
        ]

    def clean_role(self) -> str:
        role = str(self.cleaned_data["role"])
        return "" if role == ONLY_ME else role


class NewViewForm(SavedViewForm):
    """The same for a view that does not exist yet: with the list, and its address as it stands."""

    page = forms.CharField(max_length=60, widget=forms.HiddenInput)
    query = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)
