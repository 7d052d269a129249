"""“My work”: what a person has to see to, gathered from all apps."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from aims.accounts.models import User
from aims.signoffs.models import SignOff
from aims.signoffs.subjects import Waiting
from aims.signoffs.waiting import number_waiting, waiting_for
from assessments.models import Assessment
from registry import gate, snapshots
from registry.checklist import summary
from registry.choices import Stage
from registry.models import AISystem

SHOWN = 50
"""Rows of each list; what is beyond stands on the pages that the lists lead to."""

RECENT = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Work:
    """The lists of the page, each at most `SHOWN` long, with how many there are in all."""

    waiting: Sequence[Waiting]
    waiting_total: int
    unfinished: Sequence[Assessment]
    unfinished_total: int
    systems: Sequence[tuple[gate.Answer, dict[str, str]]]
    """The gate's answer about each, and the same in one sentence."""
    systems_total: int
    decided: Sequence[SignOff]


def work_of(user: User) -> Work:
    """Everything that waits for the person. The number of queries does not depend on how much that is."""
    snapshots.keep_current()
    waiting = waiting_for(user)[:SHOWN]
    own = AISystem.objects.filter(team__in=user.team_ids).exclude(stage=Stage.RETIRED)
    systems = list(own.select_related("team").order_by("-updated_at", "pk")[:SHOWN])
    # Beyond that, what was changed last.
    blocked_first = sorted(gate.judge_all(systems).values(), key=lambda answer: answer.allows)
    unfinished = Assessment.objects.editable().filter(system__team__in=user.team_ids)
    own_decisions = SignOff.objects.filter(signer=user, signed_at__gte=timezone.now() - RECENT)
    return Work(
        waiting=waiting,
        waiting_total=max(number_waiting(user), len(waiting)),
        unfinished=list(unfinished.select_related("system").order_by("updated_at", "pk")[:SHOWN]),
        unfinished_total=unfinished.count(),
        systems=[(answer, summary(answer)) for answer in blocked_first],
        systems_total=own.count(),
        decided=list(own_decisions.order_by("-pk")[:SHOWN]),
    )
