"""How each of the twelve items is decided: one function each, from the facts of all systems to numbers.

An item is true only if it holds for every system that it is about, and never while no system is in scope.
What no app can measure yet is decided by what the compliance lead confirmed, until the last day of that.
Everything here is pure: plain facts in, numbers out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from aims.accounts.roles import Role
from audits.scope import Scope, is_high_risk
from registry.choices import EuAiActTier, Stage
from registry.models import AISystem

NO_CONFIRMATION: Final = "a confirmation in force"
NO_SYSTEMS: Final = "a system in scope"
NO_PRODUCTION: Final = "a system in production"
"""What else can be missing than systems. Each has spaces, so that it is no system's id."""

MANDATORY: Final = ("purpose", "data_sensitivity", "risk_tier", "eu_ai_act_tier", "base_model")
"""Columns without which an entry of the inventory says too little (A.4.2); owner and contact are item two."""

AI_ACT_LOG_DAYS: Final = 183
"""Six months: the floor for logs of high-risk systems (EU AI Act, Articles 19 and 26(6))."""

YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is behind an item: how many of how many, and which are missing."""

    numerator: int
    denominator: int
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Rule:
    """How an item is decided."""

    measure: Callable[[Scope], Numbers]
    manual: bool = False
    """Whether the word of a person decides, be it about the whole or about each system."""
    confirmed_days: int = 0
    """For how long a confirmation by the compliance lead counts at most; 0: none is asked."""
    alone: bool = False
    """Whether that confirmation is all there is, so that there are no systems to count."""
    mend: str = "registry:system"
    """Name of a system's page on which what is missing is put right."""


def _of(systems: Iterable[AISystem], holds: Callable[[AISystem], bool]) -> Numbers:
    """For how many of the systems it holds."""
    about = list(systems)
    missing = tuple(system.slug for system in about if not holds(system))
    return Numbers(len(about) - len(missing), len(about), missing)


def _and(numbers: Numbers, there: bool, what: str) -> Numbers:
    """The numbers, with one thing more that has to be there and is not counted."""
    return numbers if there else Numbers(numbers.numerator, numbers.denominator, (*numbers.missing, what))


def _is_confirmed(scope: Scope, item: str) -> bool:
    confirmation = scope.confirmed.get(item)
    return confirmation is not None and confirmation.holds(scope.on)


def _by_word(item: str, days: int) -> Rule:
    """Decided by the lead's confirmation alone, which counts for so many days at most."""

    def measure(scope: Scope) -> Numbers:
        confirmed = _is_confirmed(scope, item)
        return Numbers(int(confirmed), 1, () if confirmed else (NO_CONFIRMATION,))

    return Rule(measure, manual=True, confirmed_days=days, alone=True)


def _met(scope: Scope, kind: str, systems: Iterable[AISystem]) -> Numbers:
    """Of how many systems a task's matter is there. One that policy does not ask is not shown to be."""
    tasks = scope.tasks.get(kind, {})
    return _of(systems, lambda system: tasks.get(system.pk, False))


# --- The items ---------------------------------------------------------------------------------------------


def inventory(scope: Scope) -> Numbers:
    """Every entry says what has to be said, and the lead confirmed within a year that none is missing."""
    complete = _of(scope.systems, lambda system: all(getattr(system, column) for column in MANDATORY))
    return _and(complete, _is_confirmed(scope, "inventory"), NO_CONFIRMATION)


def owner_contact(scope: Scope) -> Numbers:
    """Somebody active answers for the system, and an address is there."""
    return _of(
        scope.systems, lambda system: system.pk not in scope.ownerless and bool(system.contact.strip())
    )


def impact_assessment(scope: Scope) -> Numbers:
    """An approved assessment that no material change has overtaken and whose review is not overdue."""

    def holds(system: AISystem) -> bool:
        assessment = scope.assessments.get(system.pk)
        if assessment is None or assessment["stale"]:
            return False
        snapshot = getattr(system, "snapshot", None)  # one that was never judged has none
        due = snapshot and snapshot.review_due
        return due is not None and due >= scope.on

    return _of(scope.systems, holds)


def data_provenance(scope: Scope) -> Numbers:
    """Trained or tuned: each data set with origin, licence or legal basis, and the exact state that was used.
    Else the record says in a word that it was not, and where there is a supplier, its review is in place (it
    stands for the supplier's data statement until suppliers have records of their own)."""
    reviews = scope.tasks.get("supplier-review", {})

    def holds(system: AISystem) -> bool:
        sources: Any = system.training_sources
        if isinstance(sources, list):
            return bool(sources) and all(
                source.get("source")
                and (source.get("license") or source.get("consent_basis"))
                and source.get("snapshot")
                for source in sources
            )
        return bool(sources) and bool(system.provider) and reviews.get(system.pk, True)

    return _of(scope.systems, holds)


def rag_corpus_control(scope: Scope) -> Numbers:
    """Each retrieval source is versioned and its access logged, and the settings were looked at lately.
    Systems without one do not count; that there is none, the confirmation says as well."""
    systems = [system for system in scope.systems if system.rag_sources]
    stated = _of(
        systems,
        lambda system: all(
            source.get("versioning") and source.get("access_logging") for source in system.rag_sources
        ),
    )
    return _and(stated, _is_confirmed(scope, "rag_corpus_control"), NO_CONFIRMATION)


def log_retention_access(scope: Scope) -> Numbers:
    """What is logged, how long, and who may read it is stated as the log policy asks, for six months at least
    where the EU AI Act asks for logs, and the configuration was looked at lately."""
    tasks = scope.tasks.get("log-policy", {})

    def holds(system: AISystem) -> bool:
        days = (system.logs or {}).get("retention_days") or 0
        floor = AI_ACT_LOG_DAYS if system.eu_ai_act_tier == EuAiActTier.HIGH else 1
        return tasks[system.pk] and days >= floor

    stated = _of([system for system in scope.systems if system.pk in tasks], holds)
    return _and(stated, _is_confirmed(scope, "log_retention_access"), NO_CONFIRMATION)


def production_monitoring(scope: Scope) -> Numbers:
    """For each system in production somebody confirmed lately, on the task, that it is monitored."""
    running = [system for system in scope.systems if system.stage == Stage.PRODUCTION]
    return _and(_met(scope, "monitoring", running), bool(running), NO_PRODUCTION)


def supplier_due_diligence(scope: Scope) -> Numbers:
    """The supplier of each system's model was reviewed within the interval. A system that does not say where
    its model comes from counts as missing; one that is made in the house does not count."""
    reviews = scope.tasks.get("supplier-review", {})
    systems = [system for system in scope.systems if system.pk in reviews or not system.provider]
    return _of(systems, lambda system: reviews.get(system.pk, False))


SIGNERS: Final = frozenset({Role.DPO, Role.SECURITY})


def high_risk_signoff(scope: Scope) -> Numbers:
    """Data protection and security signed each high-risk system as it is now. One that nobody has classified
    may be of high risk, so it counts as missing."""

    def unclassified(system: AISystem) -> bool:
        return not (system.risk_tier and system.eu_ai_act_tier)

    nobody: frozenset[Role] = frozenset()
    return _of(
        (system for system in scope.systems if is_high_risk(system) or unclassified(system)),
        lambda system: is_high_risk(system) and scope.signed.get(system.pk, nobody) >= SIGNERS,
    )


RULES: Final[dict[str, Rule]] = {
    "inventory": Rule(inventory, confirmed_days=YEAR, mend="registry:system-edit"),
    "owner_contact": Rule(owner_contact, mend="registry:system-edit"),
    "impact_assessment": Rule(impact_assessment),
    "data_provenance": Rule(data_provenance, mend="registry:system-edit"),
    "rag_corpus_control": Rule(
        rag_corpus_control, manual=True, confirmed_days=90, mend="registry:system-edit"
    ),
    "change_control": _by_word("change_control", 90),
    "log_retention_access": Rule(
        log_retention_access, manual=True, confirmed_days=180, mend="registry:system-edit"
    ),
    "production_monitoring": Rule(production_monitoring, manual=True),
    "incident_runbook": _by_word("incident_runbook", YEAR),
    "supplier_due_diligence": Rule(supplier_due_diligence, manual=True),
    "high_risk_signoff": Rule(high_risk_signoff, mend="registry:system-promotion"),
    "internal_audit": _by_word("internal_audit", YEAR),
}
"""Key of an item -> how it is decided."""
