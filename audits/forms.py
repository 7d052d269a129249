"""What the lead says about an item of the gap checklist. The form collects; the service decides."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.services import last_day
from registry.obligation_forms import ConfirmationForm, Day


class ItemConfirmationForm(ConfirmationForm):
    """What was found, on which day, and until when it counts."""

    until = forms.DateField(label=gettext_lazy("Counts until"), widget=Day)
    field_order = ["on", "until", "in_place", "note"]

    def __init__(self, data: Any = None, *, item: str) -> None:
        # Several of these stand on one page.
        super().__init__(data, auto_id=f"{item}-%s")
        today: dt.date = timezone.localdate()
        last = last_day(item, today)
        self.fields["on"].help_text = ""
        self.fields["until"].initial = last
        self.fields["until"].widget.attrs["max"] = last.isoformat()
        self.fields["until"].help_text = _(
            "At most %(days)d days after the check; then it is open again."
        ) % {"days": (last - today).days}
