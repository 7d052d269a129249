"""The registry's tables, one noun a file."""

from registry.models.exception import SystemException, SystemExceptionQuerySet
from registry.models.gate import GateDecision, GateSnapshot
from registry.models.imports import ImportBatch
from registry.models.system import AISystem, AISystemQuerySet

__all__ = [
    "AISystem",
    "AISystemQuerySet",
    "GateDecision",
    "GateSnapshot",
    "ImportBatch",
    "SystemException",
    "SystemExceptionQuerySet",
]
