"""What can stand in the way of a write, each its own kind, each with words for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from assessments.completeness import Missing
    from assessments.merge import Clash
    from assessments.models import Assessment
    from assessments.schema import Content


class WrongState(Exception):
    """The step is not possible in the state that the assessment, or its system, is in."""

    @classmethod
    def of(cls, assessment: Assessment, action: object) -> WrongState:
        return cls(
            _("“%(action)s” is not possible: %(ref)s, version %(version)d, is in the state “%(state)s”.")
            % {
                "action": action,
                "ref": assessment.ref,
                "version": assessment.version,
                "state": assessment.get_state_display(),
            }
        )


class Incomplete(Exception):
    """Something is missing before the assessment can be submitted; `missing` says what."""

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__(" ".join(entry.message for entry in missing))


class Conflict(Exception):
    """Somebody else changed the same fields in the meantime. Nothing was written.

    `current` is the assessment as it is now, `merged` what saving would give with mine kept in all clashes.
    """

    def __init__(self, current: Assessment, merged: Content, clashes: list[Clash]) -> None:
        self.current = current
        self.merged = merged
        self.clashes = clashes
        super().__init__(
            _(
                "%(who)s changed the same answers while you were editing. "
                "Nothing of yours was lost, nothing overwritten."
            )
            % {"who": current.edited_by}
        )
