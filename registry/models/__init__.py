"""The registry's tables, one noun a file."""

from registry.models.exception import SystemException, SystemExceptionQuerySet
from registry.models.gate import Blocker, GateDecision, GateSnapshot
from registry.models.imports import ColumnMapping, ImportBatch, ImportRow
from registry.models.obligation import Confirmation, Obligation, ObligationQuerySet, Waiver
from registry.models.system import AISystem, AISystemQuerySet

__all__ = [
    "AISystem",
    "AISystemQuerySet",
    "Blocker",
    "ColumnMapping",
    "Confirmation",
    "GateDecision",
    "GateSnapshot",
    "ImportBatch",
    "ImportRow",
    "Obligation",
    "ObligationQuerySet",
    "SystemException",
    "SystemExceptionQuerySet",
    "Waiver",
]
