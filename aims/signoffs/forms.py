"""What a person gives with a decision."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.signoffs.models import Decision
from aims.signoffs.services import ANSWERS


class ConfirmationForm(forms.Form):
    """A reason that stays, and the password again at this moment."""

    reason = forms.CharField(
        label=_("Your reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence or more. It stays with the signature and cannot be changed."),
        error_messages={"required": _("Write at least one sentence. The reason stays with the signature.")},
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("Again, because this is a signature."),
        error_messages={"required": _("Give the password that you log in with.")},
    )


class DecisionForm(ConfirmationForm):
    """A decision about what the page showed, in one of the roles that the person may sign in."""

    shown = forms.CharField(widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, user: User, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sole = len(roles) == 1
        self.fields["role"] = forms.ChoiceField(
            label=_("You sign as"),
            choices=[(role.value, role_text(user, role)) for role in roles],
            widget=forms.HiddenInput if sole else forms.RadioSelect,
            initial=roles[0].value if sole else None,
        )
        self.order_fields(["role", "reason", "password"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # The answer is the button that was pressed. Return in a field presses none of them, on purpose.
        decision = self.data.get("decision", "")
        if decision not in ANSWERS:
            self.add_error(None, _("Choose one of the buttons: approve, ask for changes, or reject."))
        elif cleaned is not None:
            cleaned["decision"] = Decision(decision)
        return cleaned


def role_text(user: User, role: Role) -> str:
    """The role, and for whom, where the person stands in for somebody."""
    if role not in user.granted_roles and (substitution := user.substitutions.get(role)):
        return _("%(role)s, on behalf of %(holder)s") % {"role": role.label, "holder": substitution.holder}
    return str(role.label)
