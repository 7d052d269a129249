"""The database's own rule for production: no row enters it but together with the gate's answer.

The answer has to be an allow, for this system and for production, the newest about it and used for no
earlier entry. A system cannot be born in production either.
"""

from aims.ledger.guards import Guard

_MESSAGE = "Production is entered through the gate alone: the newest GateDecision has to allow it"

GUARDS = (
    Guard("registry_gate_insert", "registry_aisystem", "INSERT", _MESSAGE, "NEW.stage = 'production'"),
    Guard(
        "registry_gate_update",
        "registry_aisystem",
        "UPDATE",
        _MESSAGE,
        """NEW.stage = 'production' AND OLD.stage <> 'production' AND NOT EXISTS (
            SELECT 1 FROM registry_gatedecision d
            WHERE d.id = NEW.stage_decision_id AND d.system_id = NEW.id
              AND d.target = 'production' AND d.verdict = 'allow'
              AND d.id > COALESCE(OLD.stage_decision_id, 0)
              AND d.id = (SELECT MAX(n.id) FROM registry_gatedecision n WHERE n.system_id = NEW.id))""",
    ),
)
