"""What can stand in the way of a write, each its own kind, each with words for the person."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from registry.models import AISystem
    from registry.stages import Transition


class WrongStage(Exception):
    """The transition does not start from the stage that the system is in."""

    def __init__(self, system: "AISystem", transition: "Transition") -> None:
        super().__init__(
            _("“%(action)s” is not possible while %(system)s is in the stage “%(stage)s”.")
            % {"action": transition.label, "system": system.name, "stage": system.get_stage_display()}
        )


class Conflict(Exception):
    """Somebody else changed the record since the page was opened. `current` is what it is now."""

    def __init__(self, current: "AISystem") -> None:
        self.current = current
        super().__init__(
            _("%(who)s changed this record while you were editing it. Nothing of yours was saved yet.")
            % {"who": current.edited_by or _("Somebody else")}
        )


class IdTaken(Exception):
    """Another system has this id."""

    def __init__(self) -> None:
        super().__init__(_("There is a system with this id already. Choose another one."))


class ReasonNeeded(Exception):
    """The step needs a reason that stays in the trail, and none was given that can be kept."""


class WrongTask(Exception):
    """The step does not fit the task as it is; the message says why and what to do."""
