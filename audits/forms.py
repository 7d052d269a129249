"""What the lead says about an item of the gap checklist. The form collects; the service decides."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.services import last_day
from registry.forms import MAX_REASON


class _Day(forms.DateInput):
    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class ItemConfirmationForm(forms.Form):
    """What was found, on which day, and until when it counts."""

    on = forms.DateField(label=gettext_lazy("Checked on"), widget=_Day)
    until = forms.DateField(label=gettext_lazy("Counts until"), widget=_Day)
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
        help_text=gettext_lazy("A sentence and a reference, such as a document or an address. It stays."),
        error_messages={"required": gettext_lazy("Say what was checked. An auditor will look for it.")},
    )

    def __init__(self, data: Any = None, *, item: str) -> None:
        # Several of these stand on one page.
        super().__init__(data, auto_id=f"{item}-%s")
        today: dt.date = timezone.localdate()
        last = last_day(item, today)
        self.fields["on"].initial = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()
        self.fields["until"].initial = last
        self.fields["until"].widget.attrs["max"] = last.isoformat()
        self.fields["until"].help_text = _(
            "At most %(days)d days after the check; then it is open again."
        ) % {"days": (last - today).days}
