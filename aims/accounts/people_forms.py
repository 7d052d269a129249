"""Forms about other people and teams, for administrators. What they ask for is decided in the services."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aims.accounts.departures import Held
from aims.accounts.holdings import Passing
from aims.accounts.invitations import Invitee
from aims.accounts.models import Team, User
from aims.accounts.roles import GRANTABLE

_TYPE = gettext_lazy("Type a name and choose from the list.")

AT_ONCE = 50
"""Invitations of one form: each is an e-mail that is sent while the page waits."""


def people_options() -> SafeString:
    """The options from which browsers complete every `PersonField` of a page (`<datalist id="people">`)."""
    rows = User.objects.active().order_by("name").values_list("email", "name")
    # Thousands of lines: escaped here once each, which is three times as fast as format_html_join.
    return SafeString(
        "".join(f'<option value="{escape(mail)}">{escape(name)}</option>' for mail, name in rows)
    )


LONGEST_LINE = 1000
"""Characters of one person in that form."""


class PersonField(forms.CharField):
    """Somebody active, by e-mail address or by a name that only one person has.

    A list to choose from would hold everybody once a field; browsers complete this from `people_options`.
    """

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"list": "people", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(max_length=254, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        people = User.objects.active()
        found = list(people.filter(email__iexact=words)[:1] or people.filter(name__iexact=words)[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(_("Several people are called that. Enter the e-mail address."))
        raise ValidationError(
            _("Nobody active has this e-mail address or name. Choose somebody from the list.")
        )

    def prepare_value(self, value: Any) -> Any:
        return value.email if isinstance(value, User) else value


class ReasonForm(forms.Form):
    """A step that asks for nothing but why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class RoleForm(forms.Form):
    """A role for somebody."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Such as a new duty. It stays in the history."),
    )

    def __init__(self, *args: Any, held: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.value, role.label) for role in GRANTABLE if role.value not in held]
        self.fields["role"].choices = [("", _("Choose a role")), *choices]  # type: ignore[attr-defined]


class InvitationForm(forms.Form):
    """One or several people who are to get an account."""

    people = forms.CharField(
        label=gettext_lazy("People"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("One person a line, name and e-mail address: Paula Person, paula@example.com"),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        required=False,
        choices=[(role.value, role.label) for role in GRANTABLE],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For all of them. Model owners need none: their role follows from a team."),
    )
    teams = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Teams"),
        required=False,
        queryset=Team.objects.filter(is_active=True),
        to_field_name="slug",  # a number beyond 64 bits in its place would be a fault of the database
        help_text=gettext_lazy("They own the systems of these teams. Hold Ctrl or ⌘ to choose several."),
    )

    def clean_people(self) -> list[Invitee]:
        lines = [line.strip() for line in self.cleaned_data["people"].splitlines()]
        invitees, wrong = [], []
        for number, line in enumerate(lines, start=1):
            if line:
                try:
                    invitees.append(invitee_of(line))
                except ValidationError as error:
                    wrong.append(_("Line %(number)d: %(why)s") % {"number": number, "why": error.messages[0]})
        if len(invitees) > AT_ONCE:
            wrong.append(
                ngettext(
                    "Invite at most %(n)d person at once.", "Invite at most %(n)d people at once.", AT_ONCE
                )
                % {"n": AT_ONCE}
            )
        if wrong:
            raise ValidationError(wrong)
        return invitees


_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")


def invitee_of(line: str) -> Invitee:
    """Name and address of a line such as “Paula Person, paula@example.com” or “Paula Person <paula@…>”.

    Without a name, the address gives one. Raises ValidationError.
    """
    # Beyond what a name and an address can be, the search for the address would take minutes.
    found = _ADDRESS.findall(line) if len(line) <= LONGEST_LINE else []
    if len(found) != 1:
        raise ValidationError(_("“%(line)s” needs one e-mail address.") % {"line": line[:80]})
    email = found[0].strip("\"'()").lower()
    validate_email(email)
    if len(email) > 254:  # RFC 5321, section 4.5.3.1.3, without the angle brackets
        raise ValidationError(_("The e-mail address is too long."))
    name = " ".join(_ADDRESS.sub(" ", line).strip(" \t,;<>\"'()").split())
    if len(name) > 150:
        raise ValidationError(_("The name is too long."))
    return Invitee(name or email.partition("@")[0].replace(".", " ").title()[:150], email)


SAME, OTHER, NOBODY = "same", "other", "nobody"


class DepartureForm(forms.Form):
    """Who takes over what: one successor for all, with exceptions. `successors` is the answer."""

    successor = PersonField(
        label=gettext_lazy("Successor"),
        required=False,
        help_text=gettext_lazy(
            "Takes over everything below that says so. Type a name and choose from the list."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Such as leaving the company. It stays in the history."),
    )

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = [each for each in held if each.holding.passing is not Passing.ENDS]
        for each in self.held:
            must = each.holding.passing is Passing.MUST
            self.fields[f"how-{each.key}"] = forms.ChoiceField(
                label=_("Who takes over: %(what)s") % {"what": each.holding.title},
                choices=[
                    (SAME, _("The successor")),
                    (OTHER, _("Somebody else")),
                    *([] if must else [(NOBODY, _("Nobody"))]),
                ],
                initial=NOBODY if each.holding.passing is Passing.ON_REQUEST else SAME,
            )
            self.fields[f"other-{each.key}"] = PersonField(
                label=_("Somebody else for: %(what)s") % {"what": each.holding.title}, required=False
            )

    def rows(self) -> dict[str, tuple[Any, Any]]:
        """Key of a holding -> its two controls."""
        return {each.key: (self[f"how-{each.key}"], self[f"other-{each.key}"]) for each in self.held}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.successors: dict[str, User | None] = {}
        for each in self.held:
            how, other = values.get(f"how-{each.key}"), values.get(f"other-{each.key}")
            if other is not None and how == NOBODY:
                self.add_error(f"other-{each.key}", _("You chose nobody, and named somebody. Which is it?"))
            elif how == OTHER and other is None and f"other-{each.key}" not in self.errors:
                self.add_error(f"other-{each.key}", _("Say who."))
            elif how == SAME and other is None:  # who names somebody else means it, whatever the choice says
                other = values.get("successor")
                if other is None and each.holding.passing is Passing.MUST and "successor" not in self.errors:
                    self.add_error(
                        "successor",
                        _("Choose somebody: %(what)s must not be left without one.")
                        % {"what": each.holding.title},
                    )
            self.successors[each.key] = other
        return values

    def add_service_errors(self, error: ValidationError) -> None:
        """Put what the service refused beside the control that it is about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for key, messages in error.message_dict.items():
            field = f"how-{key}" if f"how-{key}" in self.fields else key if key in self.fields else None
            self.add_error(field, messages)


class TeamForm(forms.Form):
    """A team; its short name stands once the team is made, since it stands in signed records."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    slug = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=64,
        help_text=gettext_lazy("As in the record: team-ai-platform. It cannot be changed later."),
    )
    lead = PersonField(label=gettext_lazy("Lead"), help_text=_TYPE)
    deputy = PersonField(label=gettext_lazy("Deputy"), required=False)
    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        initial=True,
        help_text=gettext_lazy("A team that owns systems cannot be switched off."),
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        self.team = team
        if team is not None:
            kwargs["initial"] = {
                name: getattr(team, name) for name in ("name", "lead", "deputy", "is_active")
            }
        super().__init__(*args, **kwargs)
        del self.fields["slug" if team is not None else "is_active"]

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug == "new":
            raise ValidationError(_("This word is an address of the portal. Choose another one."))
        return slug

    def result(self) -> Team:
        """The team as the form wants it, not saved."""
        team = self.team or Team()
        for name, value in self.cleaned_data.items():
            setattr(team, name, value)
        return team


class MemberForm(forms.Form):
    """Somebody who joins a team."""

    person = PersonField(label=gettext_lazy("Person"), help_text=_TYPE)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)
