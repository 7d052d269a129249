"""Forms about notices. What they ask for is decided in the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aims.notifications.kinds import kinds
from aims.notifications.ladder import LONGEST, Step
from aims.notifications.models import Preferences, Rung

_HOURS = [(hour, f"{hour:02d}:00") for hour in range(24)]


def _hour(value: str) -> int | None:
    return int(value) if value else None


class PreferencesForm(forms.Form):
    """How a person wants to hear of each kind, and when."""

    digest_hour = forms.TypedChoiceField(
        label=_("Daily e-mail at"),
        coerce=int,
        choices=_HOURS,
        help_text=_("What you hear of once a day comes together then."),
    )
    quiet_from = forms.TypedChoiceField(
        label=_("Quiet from"),
        coerce=_hour,
        empty_value=None,
        required=False,
        choices=[("", _("No quiet hours")), *_HOURS],
        help_text=_("Nothing is mailed in quiet hours; it comes when they end."),
    )
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"),
        coerce=_hour,
        empty_value=None,
        required=False,
        choices=[("", _("No quiet hours")), *_HOURS],
    )

    def __init__(self, *args: Any, wish: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("digest_hour", "quiet_from", "quiet_until"):
            self.initial[name] = getattr(wish, name)
        self._kinds = sorted(kinds(), key=lambda kind: (not kind.must, str(kind.title)))
        for kind in self._kinds:
            self.fields[f"kind-{kind.key}"] = forms.ChoiceField(
                label=kind.title,
                help_text=kind.about,
                choices=[(mode.value, mode.label) for mode in kind.modes],
                initial=wish.mode(kind.key).value,
            )

    @property
    def of_kinds(self) -> list[Any]:
        return [self[f"kind-{kind.key}"] for kind in self._kinds]

    @property
    def of_hours(self) -> list[Any]:
        return [self[name] for name in ("digest_hour", "quiet_from", "quiet_until")]

    @property
    def wishes(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {
            "modes": {kind.key: values[f"kind-{kind.key}"] for kind in self._kinds},
            "digest_hour": values["digest_hour"],
            "quiet_from": values["quiet_from"],
            "quiet_until": values["quiet_until"],
        }


class StepForm(forms.Form):
    """One step of the ladder; left empty, it is none."""

    number = forms.IntegerField(label=_("Days"), min_value=0, max_value=365, required=False)
    side = forms.ChoiceField(
        label=_("Before or after the due date"), choices=[("before", _("before")), ("after", _("after"))]
    )
    every = forms.IntegerField(label=_("Again every so many days"), min_value=0, max_value=90, required=False)
    audience = forms.ChoiceField(label=_("To"), choices=Rung.Audience.choices)

    @classmethod
    def initial_of(cls, step: Step) -> dict[str, Any]:
        return {
            "number": abs(step.days),
            "side": "before" if step.days < 0 else "after",
            "every": step.every or None,
            "audience": step.audience,
        }

    @property
    def step(self) -> Step | None:
        values = self.cleaned_data
        if (days := values.get("number")) is None:
            return None
        sign = -1 if values["side"] == "before" else 1
        return Step(sign * days, values.get("every") or 0, values["audience"])


StepFormSet = forms.formset_factory(StepForm, extra=2, max_num=LONGEST, validate_max=True, absolute_max=50)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        error_messages={"required": _("Say why. The reason stays in the history of the ladder.")},
        help_text=_("It stays in the history of the ladder."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
