"""Forms about tasks. They collect; the services decide."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aims.accounts.models import User
from registry.forms import MAX_REASON


class Day(forms.DateInput):
    """A day, chosen from the browser's own calendar."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class ConfirmationForm(forms.Form):
    """What somebody found when they looked."""

    on = forms.DateField(
        label=gettext_lazy("Checked on"),
        widget=Day,
        help_text=gettext_lazy("The day on which somebody looked. The confirmation counts from then."),
    )
    in_place = forms.TypedChoiceField(
        label=gettext_lazy("What you found"),
        choices=[
            ("yes", gettext_lazy("It is in place")),
            ("no", gettext_lazy("It is not, or not any more")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("What was checked, and where that is kept"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("A sentence and a reference, such as a ticket or a document. It stays."),
        error_messages={"required": gettext_lazy("Say what was checked. An auditor will look for it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].widget.attrs["max"] = timezone.localdate().isoformat()
        self.fields["on"].initial = timezone.localdate()

    def clean_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError(
                _("Give the day on which it was checked. It cannot lie in the future.")
            )
        return day


class WaiverForm(forms.Form):
    """Until when a task may wait, and why."""

    until = forms.DateField(label=gettext_lazy("Last day"), widget=Day)
    reason = forms.CharField(
        label=gettext_lazy("Why it can wait"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Whoever signs decides by this. It stays."),
        error_messages={
            "required": gettext_lazy("Say why the task can wait. Whoever signs decides by this.")
        },
    )

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.last = today + dt.timedelta(days=longest)
        self.fields["until"].widget.attrs |= {"min": today.isoformat(), "max": self.last.isoformat()}
        self.fields["until"].help_text = _("From then on the task is open again. %(last)s at the latest.") % {
            "last": f"{self.last:%-d %B %Y}"
        }


class AssignForm(forms.Form):
    """Who gets the tasks."""

    assignee = forms.ModelChoiceField(
        label=gettext_lazy("Assign to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody by name: whoever holds the role, or the lead of the team"),
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        field.queryset = User.objects.filter(pk__in=[person.pk for person in people]).order_by("name")
