"""The form for the schedule of a job. Whether a choice lies within the bounds, the service says."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aims.jobs.overview import interval, parts
from aims.jobs.registry import Job
from aims.jobs.schedules import Timing

UNITS = {"seconds": _("seconds"), "minutes": _("minutes"), "hours": _("hours")}


class ScheduleForm(forms.Form):
    """Interval or time of day, as the job has it; switched off, where it may be; and why."""

    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=100_000)
    unit = forms.ChoiceField(label=_("Unit"), choices=list(UNITS.items()))
    at = forms.TimeField(label=_("Daily at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    paused = forms.BooleanField(label=_("Switched off"), required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Why it changes; it stays in the history.")
    )

    def __init__(self, job: Job, now: Timing, paused: bool, data: Any = None) -> None:
        every = now.every or job.every
        number, unit = parts(every) if every else (None, "minutes")
        initial = {"every": number, "unit": unit, "at": now.at or job.at, "paused": paused}
        super().__init__(data, initial=initial)
        for name in ("at",) if job.every else ("every", "unit"):
            del self.fields[name]
        if job.every:
            self.fields["every"].help_text = _("Between %(least)s and %(most)s.") % {
                "least": interval(job.least),
                "most": interval(job.most),
            }
        if not job.may_pause:
            del self.fields["paused"]

    def chosen(self) -> dict[str, Any]:
        """What the service takes, once the form is valid."""
        data = self.cleaned_data
        every = dt.timedelta(**{data["unit"]: data["every"]}) if "every" in data else None
        return {
            "every": every,
            "at": data.get("at"),
            "paused": data.get("paused", False),
            "reason": data["reason"],
        }
