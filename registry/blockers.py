"""Keeps the rows of `Blocker` true: what blocks each system, and since when. `snapshots` calls it."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.roles import SIGNING, Role
from aims.policy.policies import PolicyError, shipped
from registry import gate, notices
from registry.choices import Stage
from registry.models import Blocker, GateSnapshot

SIGNABLE = (Stage.ASSESSMENT, Stage.APPROVED, Stage.CANARY, Stage.PRODUCTION, Stage.SUSPENDED)
"""Stages in which a system waits for signatures; a draft waits for nobody."""

SIGNATURE = "signature:"
"""Before the role, in the cause of an open signature."""

ERROR = "error"
"""The cause where the gate cannot decide, which counts as no."""


def signature_of(role: Role) -> str:
    """The cause that stands for an open signature of the role."""
    return f"{SIGNATURE}{role.value}"


def titles() -> dict[str, str]:
    """Every cause with its words, in the order in which pages list them. Policies that cannot be read have no
    rules; then everything is blocked by the last of these."""
    try:
        rules = {rule.id: rule.title for rule in shipped().rules if rule.severity == "blocker"}
    except PolicyError:
        rules = {}
    signatures = {
        signature_of(role): _("%(role)s signs") % {"role": role.label} for role in Role if role in SIGNING
    }
    return rules | signatures | {ERROR: _("The gate can decide")}


def blockers_of(answer: gate.Answer) -> list[Blocker]:
    """What blocks the system, by the gate's answer; `since` is left open."""
    if answer.system.stage == Stage.RETIRED:
        return []
    causes = {denial.rule: Blocker(system=answer.system, cause=denial.rule) for denial in answer.blockers}
    if answer.verdict == "error":
        causes[ERROR] = Blocker(system=answer.system, cause=ERROR)
    # A system is put up for signature when its assessment is approved.
    asked = answer.system.stage in SIGNABLE and answer.document["facts"].get("assessment") is not None
    for signature in answer.open_signatures:
        cause = signature_of(signature.role)
        causes[cause] = Blocker(
            system=answer.system,
            cause=cause,
            state=signature.state,
            awaited=asked and not signature.returned,
        )
    return list(causes.values())


def refresh(answers: Iterable[gate.Answer]) -> None:
    """Write what blocks these systems now. What has blocked before keeps its moment, so call this before the
    snapshots are written: they tell a system that was judged before from one that never was."""
    by_system = {answer.system.pk: answer for answer in answers}
    before, judged = _before(by_system)
    now = timezone.now()
    changed: list[Blocker] = []
    begun: list[Blocker] = []
    for pk, answer in by_system.items():
        for blocker in blockers_of(answer):
            known = before.pop((pk, blocker.cause), None)
            if known is not None and (known.state, known.awaited) == (blocker.state, blocker.awaited):
                continue
            blocker.since = _since(blocker, known, now if pk in judged else answer.system.updated_at)
            changed.append(blocker)
            if blocker.awaited and not (known and known.awaited):
                begun.append(blocker)
    if before:
        Blocker.objects.filter(pk__in=[gone.pk for gone in before.values()]).delete()
    if changed:
        Blocker.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["system", "cause"],
            update_fields=["state", "awaited", "since"],
        )
    notices.decisions_wait(begun)


def _before(ids: Iterable[int]) -> tuple[dict[tuple[int, str], Blocker], set[int]]:
    """The rows as they stand, by system and cause, and the systems that have been judged before."""
    judged = GateSnapshot.objects.filter(system__in=list(ids)).exclude(policy_revision="")
    rows = Blocker.objects.filter(system__in=list(ids)).order_by()
    return {(row.system_id, row.cause): row for row in rows}, set(judged.values_list("pk", flat=True))


def _since(blocker: Blocker, known: Blocker | None, seen: dt.datetime) -> dt.datetime:
    """`seen`, unless it has stood so already: a signature that waits on in another state waits no shorter."""
    if known is not None and known.awaited == blocker.awaited:
        return known.since
    return seen
