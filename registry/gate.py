"""The gate: what stands between a system and production, and whether one in production still complies.

Policy verdict and valid signatures decide together. The record is judged as it would be in production,
so one that says `staging` cannot slip past rules that ask for production.
"""

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.roles import Role
from aims.ledger.changes import Change
from aims.policy.policies import PolicyError, PolicySet, shipped
from aims.policy.verdict import Denial, Verdict
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.requirement import required_roles
from aims.signoffs.standing import Standing, latest_decisions, standing_of
from registry import documents, facts, presentation
from registry.models import AISystem

SUBJECT = "system"
"""The kind under which systems are signed."""

SignatureState = Literal["valid", "stale", "changes", "reject", "missing"]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that policy asks for, and how it stands."""

    role: Role
    why: str
    state: SignatureState
    signoff: SignOff | None = None
    changes: tuple[Change, ...] = ()
    """For a stale one: what changed since, and matters."""
    returned: bool = False
    """Whether the role sent back exactly what is there now: then the owner is asked, not the role."""

    @property
    def state_text(self) -> str:
        """How it stands, in words."""
        match self.state:
            case "valid":
                return _("Signed, and nothing that matters changed since.")
            case "stale":
                return _("Stale: what was signed has changed since (%(fields)s).") % {
                    "fields": ", ".join(presentation.label(change.path) for change in self.changes)
                }
            case "changes":
                return _("Asked for changes.")
            case "reject":
                return _("Rejected.")
            case _:
                return _("Not signed yet.")

    def as_dict(self) -> dict[str, Any]:
        return {
            "role": self.role.value,
            "state": self.state,
            "why": self.why,
            "signoff": self.signoff.pk if self.signoff else None,
            "changes": [change.as_dict() for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says about one system at one moment."""

    system: AISystem
    verdict: Literal["allow", "deny", "error"]
    denials: tuple[Denial, ...]
    signatures: tuple[Signature, ...]
    error: str
    policy_revision: str
    document: dict[str, Any] = field(repr=False)
    """The record as judged, with `facts`."""
    signable: dict[str, Any] = field(repr=False)
    """What a signature given now would cover."""
    record: dict[str, Any] = field(repr=False)
    """The record as it is, with what the portal derives."""

    @property
    def allows(self) -> bool:
        return self.verdict == "allow"

    @property
    def blockers(self) -> list[Denial]:
        return [denial for denial in self.denials if denial.severity == "blocker"]

    @property
    def warnings(self) -> list[Denial]:
        return [denial for denial in self.denials if denial.severity == "warning"]

    @property
    def open_signatures(self) -> list[Signature]:
        return [signature for signature in self.signatures if signature.state != "valid"]

    @property
    def awaited_signatures(self) -> list[Signature]:
        """Open ones that their roles have to see to now."""
        return [signature for signature in self.open_signatures if not signature.returned]

    def as_dict(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "denials": [
                {
                    name: getattr(denial, name)
                    for name in ("rule", "message", "control", "severity", "source", "fix")
                }
                for denial in self.denials
            ],
            "signatures": [signature.as_dict() for signature in self.signatures],
            "error": self.error,
        }


def judge(system: AISystem, *, policies: PolicySet | None = None) -> Answer:
    """The gate's answer about one system."""
    return judge_all([system], policies=policies)[system.pk]


def judge_all(systems: Sequence[AISystem], *, policies: PolicySet | None = None) -> dict[int, Answer]:
    """System id -> answer. The number of queries does not depend on how many systems there are.

    The systems' teams should have been loaded with them.
    """
    policies = policies or shipped()
    today = timezone.localdate()
    with _collector_paused(len(systems) >= MANY):
        known = facts.gather(systems)
        decisions = latest_decisions(SUBJECT, [system.pk for system in systems])
        return {
            system.pk: _answer(system, known[system.pk], decisions.get(system.pk, {}), policies, today)
            for system in systems
        }


MANY = 1_000


@contextmanager
def _collector_paused(pause: bool) -> Iterator[None]:
    """All answers are kept until the last is there, so the collector would look through more and more of
    them and find nothing to free: a sixth of the time for 10,000 systems."""
    pause = pause and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _answer(
    system: AISystem,
    known: facts.Facts,
    decisions: dict[str, SignOff],
    policies: PolicySet,
    today: dt.date,
) -> Answer:
    assessment = known.values.get("assessment")
    signed = signed_as(system, assessment, decisions, policies)
    standing, signatures, broken = signed.standing, signed.signatures, signed.error
    reviewed = assessment and dt.date.fromisoformat(assessment["approved_on"])
    due = reviewed and reviewed + dt.timedelta(days=system.review_interval_days)
    judged = documents.as_production(signed.record)
    judged["facts"] = {
        **known.values,
        "today": today.isoformat(),
        "review": {"due": due and due.isoformat()},
        "signoffs": {
            "valid": standing.valid,
            "stale": sorted(standing.stale),
            "required": [signature.role.value for signature in signatures],
            "returned": [signature.role.value for signature in signatures if signature.returned],
        },
    }
    verdict = Verdict("error", (), broken) if broken else policies.judge(judged)
    return Answer(
        system=system,
        verdict=_combined(verdict, signatures, known),
        denials=verdict.denials,
        signatures=signatures,
        error=_error(verdict, known),
        policy_revision=policies.revision,
        document=judged,
        signable=signed.signable,
        record=signed.record,
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """The record of a system with what the portal derives, and how the signatures that it needs stand."""

    record: dict[str, Any]
    signable: dict[str, Any]
    standing: Standing
    signatures: tuple[Signature, ...]
    error: str
    """Why the policies could not say whose signatures are needed; else empty."""


def signed_as(
    system: AISystem,
    assessment: dict[str, Any] | None,
    decisions: dict[str, SignOff],
    policies: PolicySet,
) -> Signed:
    """What stands of the latest `decisions`, for a system and its assessment as they are, or were."""
    record = documents.record_of(system)
    signable = documents.signable(record, assessment)
    try:
        standing = standing_of(SUBJECT, decisions, signable, policies)
        required = required_roles(SUBJECT, record, assessment, policies)
        broken = ""
    except PolicyError as error:  # an engine error blocks, and says so
        standing, required, broken = Standing(), {}, str(error)
    if assessment:
        record["governance"] |= {
            "impact_assessment_id": assessment["ref"],
            "last_reviewed": assessment["approved_on"],
        }
    record["governance"]["approved_by"] = standing.valid
    signatures = tuple(_signature(role, why, standing, signable) for role, why in required.items())
    return Signed(record, signable, standing, signatures, broken)


def _signature(role: Role, why: str, standing: Standing, signable: dict[str, Any]) -> Signature:
    signoff = standing.latest.get(role)
    if signoff is None:
        return Signature(role, why, "missing")
    if signoff.decision == Decision.APPROVE:
        if role in standing.stale:
            return Signature(role, why, "stale", signoff, tuple(standing.stale[role]))
        return Signature(role, why, "valid", signoff)
    state: SignatureState = "changes" if signoff.decision == Decision.CHANGES else "reject"
    return Signature(role, why, state, signoff, returned=signoff.document == signable)


def _combined(
    verdict: Verdict, signatures: tuple[Signature, ...], known: facts.Facts
) -> Literal["allow", "deny", "error"]:
    if verdict.decision == "error" or known.failures:
        return "error"
    if verdict.decision == "deny" or any(signature.state != "valid" for signature in signatures):
        return "deny"
    return "allow"


def _error(verdict: Verdict, known: facts.Facts) -> str:
    if known.failures:
        return _("These facts could not be read: %(names)s. Ask an administrator; the log says why.") % {
            "names": ", ".join(known.failures)
        }
    return verdict.error
