"""The life of one version of an assessment: every transition, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    REVOKED = "revoked", _("Approval withdrawn")


OPEN = frozenset({State.DRAFT, State.SUBMITTED, State.CHANGES_REQUESTED})
"""States of work; a system has at most one version in them."""

EDITABLE = frozenset({State.DRAFT, State.CHANGES_REQUESTED})

FROZEN = frozenset(State) - OPEN
"""States in which the content never changes again."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from state to state. Without a permission of its own it follows from a signature, and the
    service that takes signatures has asked for the right."""

    name: str
    label: Any
    sources: frozenset[State]
    target: State
    permission: str = ""


_CHANGE = "assessments.change_assessment"

TRANSITIONS: dict[str, Transition] = {
    transition.name: transition
    for transition in (
        Transition("submit", _("Submit for decision"), EDITABLE, State.SUBMITTED, _CHANGE),
        Transition("withdraw", _("Take back to edit"), frozenset({State.SUBMITTED}), State.DRAFT, _CHANGE),
        Transition("approve", _("Approve"), frozenset({State.SUBMITTED}), State.APPROVED),
        Transition(
            "request_changes", _("Ask for changes"), frozenset({State.SUBMITTED}), State.CHANGES_REQUESTED
        ),
        Transition("decline", _("Reject"), frozenset({State.SUBMITTED}), State.DECLINED),
        Transition("reopen", _("Decide again"), frozenset({State.APPROVED, State.DECLINED}), State.SUBMITTED),
        # A signature is withdrawn from a version that a newer one has followed: nothing to decide again.
        Transition("revoke", _("Withdraw approval"), frozenset({State.APPROVED}), State.REVOKED),
    )
}
