"""The life of a system: every transition, in one table."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.choices import Stage

PATH = (Stage.DRAFT, Stage.ASSESSMENT, Stage.APPROVED, Stage.CANARY, Stage.PRODUCTION, Stage.RETIRED)
"""The way a system usually goes; the stepper shows it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from stage to stage. A gated one is carried out only if the gate allows it."""

    name: str
    label: Any
    sources: frozenset[Stage]
    target: Stage
    permission: str
    explanation: Any
    gated: bool = False
    needs_reason: bool = True


_ALIVE = frozenset(Stage) - {Stage.RETIRED}
_PROMOTE = "registry.promote_aisystem"

TRANSITIONS: dict[str, Transition] = {
    transition.name: transition
    for transition in (
        Transition(
            "assess",
            _("Start assessment"),
            frozenset({Stage.DRAFT}),
            Stage.ASSESSMENT,
            "registry.change_aisystem",
            _("The impact assessment is being written. Happens by itself when one is begun."),
            needs_reason=False,
        ),
        Transition(
            "approve",
            _("Mark as approved"),
            frozenset({Stage.ASSESSMENT}),
            Stage.APPROVED,
            _PROMOTE,
            _("Everything that production needs is there; the system goes live later."),
            gated=True,
            needs_reason=False,
        ),
        Transition(
            "canary",
            _("Start canary"),
            frozenset({Stage.APPROVED}),
            Stage.CANARY,
            _PROMOTE,
            _(
                "A small part of real traffic first. People are affected, so the gate asks all that it asks "
                "for production."
            ),
            gated=True,
            needs_reason=False,
        ),
        Transition(
            "promote",
            _("Move to production"),
            frozenset({Stage.ASSESSMENT, Stage.APPROVED, Stage.CANARY}),
            Stage.PRODUCTION,
            _PROMOTE,
            _("The system serves people. Needs every signature and a clean verdict of the policies."),
            gated=True,
            needs_reason=False,
        ),
        Transition(
            "rollback",
            _("Roll back"),
            frozenset({Stage.CANARY, Stage.PRODUCTION}),
            Stage.APPROVED,
            "registry.rollback_aisystem",
            _("Take the system out of service in an orderly way. The way back leads through the gate."),
        ),
        Transition(
            "suspend",
            _("Suspend"),
            frozenset({Stage.CANARY, Stage.PRODUCTION}),
            Stage.SUSPENDED,
            "registry.suspend_aisystem",
            _("Stop the system now, because something may be wrong with it."),
        ),
        Transition(
            "resume",
            _("Resume production"),
            frozenset({Stage.SUSPENDED}),
            Stage.PRODUCTION,
            _PROMOTE,
            _("Bring a suspended system back. The gate asks all that it asks for production."),
            gated=True,
        ),
        Transition(
            "rework",
            _("Back to assessment"),
            frozenset({Stage.APPROVED, Stage.SUSPENDED}),
            Stage.ASSESSMENT,
            "registry.change_aisystem",
            _("The system is reworked and assessed again before it can go live."),
        ),
        Transition(
            "retire",
            _("Retire"),
            _ALIVE,
            Stage.RETIRED,
            "registry.retire_aisystem",
            _("The system is switched off for good. Its record and history stay."),
        ),
        Transition(
            "reopen",
            _("Reopen as draft"),
            frozenset({Stage.RETIRED}),
            Stage.DRAFT,
            "registry.retire_aisystem",
            _("A retired system is taken up again and starts from the beginning."),
        ),
    )
}
