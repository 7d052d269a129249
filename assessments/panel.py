"""The impact assessment on a system's page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from assessments import past, presentation
from assessments.models import Assessment
from assessments.states import State
from registry.choices import Stage
from registry.models import AISystem
from registry.panels import Panel


def _context(system: AISystem, user: User) -> dict[str, Any]:
    versions = list(Assessment.objects.filter(system=system).defer("content", "record").order_by("-version"))
    newest = versions[0] if versions else None
    current = next((version for version in versions if version.state == State.APPROVED), None)
    may_write = system.stage != Stage.RETIRED and user.has_perm("assessments.add_assessment", system)
    return {
        "system": system,
        "newest": newest,
        "newest_tone": newest and presentation.STATE_TONES[State(newest.state)],
        "current": current,
        "residual": current and presentation.band_label(current.residual),
        "residual_tone": current and presentation.BAND_TONES[current.residual],
        "may_begin": may_write and (newest is None or newest.is_frozen),
        "may_edit": may_write and newest is not None and newest.is_editable,
    }


PANEL = Panel(_("Impact assessment"), "assessments/_panel.html", _context, past.panel)
