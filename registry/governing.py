"""What the ledger holds of the registry beside its histories, and that all of it concerns a system."""

from aims.ledger.entries import govern
from aims.ledger.governed import concern
from registry.gate import SUBJECT
from registry.obligation_services import SUBJECT as WAIVER

SYSTEM = "registry.aisystem"
"""The kind under which entries name a system: registry.aisystem:42."""

# Tasks are removed with a system whose import is undone. Their histories stay.
_OF_TASK = (
    "(SELECT t.system_id FROM registry_historicalobligation t WHERE t.id = {} ORDER BY t.history_id LIMIT 1)"
)
_TASK_OF_WAIVER = (
    "(SELECT w.obligation_id FROM registry_historicalwaiver w WHERE w.id = NEW.subject_id "
    "ORDER BY w.history_id LIMIT 1)"
)


def register() -> None:
    govern("registry_gatedecision", actor="asked_by_id", reason="reason")
    govern("registry_confirmation", actor="by_id", reason="note")
    concern("registry_gatedecision", SYSTEM, "NEW.system_id")
    concern("registry_confirmation", SYSTEM, _OF_TASK.format("NEW.obligation_id"))
    concern("registry_historicalobligation", SYSTEM, "NEW.system_id")
    concern("registry_historicalwaiver", SYSTEM, _OF_TASK.format("NEW.obligation_id"))
    concern("registry_historicalsystemexception", SYSTEM, "NEW.content_object_id")
    concern("signoffs_signoff", SYSTEM, f"CASE WHEN NEW.subject_kind = '{SUBJECT}' THEN NEW.subject_id END")
    concern(
        "signoffs_signoff",
        SYSTEM,
        f"CASE WHEN NEW.subject_kind = '{WAIVER}' THEN {_OF_TASK.format(_TASK_OF_WAIVER)} END",
    )
