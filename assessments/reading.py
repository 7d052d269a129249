"""What the page of one version shows, whether it is looked at today or as of a moment."""

from collections.abc import Mapping
from typing import Any

from assessments import presentation
from assessments.models import Assessment
from assessments.outline import outline
from assessments.states import State


def shown(
    assessment: Assessment, signoffs: Mapping[str, Any], versions: list[Assessment], previous: Any
) -> dict[str, Any]:
    """For `assessments/assessment_detail.html`: the version with its signatures by role, among the versions
    of its system, newest first. `previous` is the content of the version before, None for the first."""
    content = assessment.parsed
    return {
        "assessment": assessment,
        "system": assessment.system,
        "tone": presentation.STATE_TONES[State(assessment.state)],
        "parts": outline(content, presentation.approvals(dict(signoffs))),
        "residual": presentation.band_label(assessment.residual),
        "residual_tone": presentation.BAND_TONES[assessment.residual],
        "columns": presentation.matrix_columns(),
        "inherent_map": presentation.heat_map(presentation.ratings_of(content)),
        "versions": versions,
        "is_newest": versions[0].pk == assessment.pk,
        "previous": before(assessment, versions),
        "differences": previous and presentation.content_changes(previous, assessment.content),
        "signoffs": signoffs.values(),
    }


def before(assessment: Assessment, versions: list[Assessment]) -> Assessment | None:
    """The version before this one."""
    return next((version for version in versions if version.version < assessment.version), None)
