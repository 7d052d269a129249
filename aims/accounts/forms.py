"""Forms about people. What they ask for is decided in `services`."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import SIGNING, Role


class WelcomeForm(SetPasswordMixin, forms.Form):
    """The first administrator of an empty portal."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("In full, as it will stand beside everything that you do here."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("You log in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password1, password2 = SetPasswordMixin.create_password_fields(
        label1=_("Password"), label2=_("Password again")
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.validate_passwords()
        self.validate_password_for_user(User(email=values.get("email", ""), name=values.get("name", "")))
        return values


class FirstPasswordForm(SetPasswordMixin, forms.Form):
    """The first password of somebody who was invited."""

    password1, password2 = SetPasswordMixin.create_password_fields(
        label1=_("Password"), label2=_("Password again")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.validate_passwords()
        self.validate_password_for_user(self.user)
        return values


class SubstitutionForm(forms.Form):
    """A signing role handed to somebody else for some days."""

    role = forms.ChoiceField(label=_("Role"), help_text=_("You keep it, too: both of you can decide."))
    substitute = forms.ModelChoiceField(
        label=_("Substitute"),
        queryset=User.objects.none(),
        help_text=_("Four eyes still hold: nobody signs what they wrote themselves."),
    )
    starts = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("From then on it stands under My work of your substitute."),
    )
    ends = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("It ends by itself. You can take the role back earlier."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Such as leave or travel. It stays in the history.")
    )

    def __init__(self, *args: Any, holder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = roles_to_hand_over(holder)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["role"].initial = roles[0].value if len(roles) == 1 else None
        self.fields["starts"].initial = timezone.localdate
        people = User.objects.filter(is_active=True).exclude(pk=holder.pk)
        self.fields["substitute"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "starts" in values and "ends" in values and values["ends"] < values["starts"]:
            self.add_error("ends", _("The last day is before the first day."))
        return values


def roles_to_hand_over(user: User) -> list[Role]:
    """Signing roles that a person holds in their own right, in the order in which roles are listed."""
    return [role for role in Role if role in SIGNING and role in user.granted_roles]
