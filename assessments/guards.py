"""What the database itself holds about assessments, against every way of writing.

A version begins as a draft, becomes approved only by a signature for its digest, and once approved or
declined never changes; a withdrawn signature may put it back to decision, with its content untouched.
"""

from aims.ledger.guards import Guard

_TABLE = "assessments_assessment"

# NULL must not slip through a comparison: in SQL, NULL <> anything is neither true nor false.
_NULLABLE = ("record", "submitted_by_id", "submitted_at")
_PLAIN = (
    "ref",
    "version",
    "system_id",
    "content",
    "decision",
    "residual",
    "revision",
    "edited_by_id",
    "created_by_id",
)
_CONTENT_DIFFERS = " OR ".join(
    [f"NEW.{column} <> OLD.{column}" for column in _PLAIN]
    + [f"NEW.{column} IS NULL OR NEW.{column} <> OLD.{column}" for column in _NULLABLE]
)
_SAME_APPROVAL = (
    "NEW.sha256 = OLD.sha256"
    " AND COALESCE(CAST(NEW.approved_at AS TEXT), '') = COALESCE(CAST(OLD.approved_at AS TEXT), '')"
)
_PERMITTED = f"""
    (NEW.state = OLD.state AND {_SAME_APPROVAL})
    OR (NEW.state = 'submitted' AND OLD.state IN ('approved', 'declined')
        AND NEW.sha256 = '' AND NEW.approved_at IS NULL)
    OR (NEW.state = 'revoked' AND OLD.state = 'approved' AND {_SAME_APPROVAL})
"""

GUARDS = (
    Guard(
        "assessments_frozen",
        _TABLE,
        "UPDATE",
        "a decided assessment never changes: begin a new version",
        f"OLD.state IN ('approved', 'declined', 'revoked') AND ({_CONTENT_DIFFERS} OR NOT ({_PERMITTED}))",
    ),
    Guard(
        "assessments_approved_by_signature",
        _TABLE,
        "UPDATE",
        "an assessment is approved by a signature, and in no other way",
        """NEW.state = 'approved' AND OLD.state <> 'approved' AND NOT EXISTS (
            SELECT 1 FROM signoffs_signoff s
            WHERE s.subject_kind = 'assessment' AND s.subject_id = NEW.id
              AND s.decision = 'approve' AND s.sha256 = NEW.sha256)""",
    ),
    Guard(
        "assessments_begin_as_draft",
        _TABLE,
        "INSERT",
        "an assessment begins as a draft",
        "NEW.state <> 'draft'",
    ),
    Guard(
        "assessments_no_delete",
        _TABLE,
        "DELETE",
        "assessments are never removed",
    ),
)

SYSTEM_OF_SIGNOFF = (
    "CASE WHEN NEW.subject_kind = 'assessment' "
    "THEN (SELECT a.system_id FROM assessments_assessment a WHERE a.id = NEW.subject_id) END"
)
"""The system that a sign-off concerns, for the ledger; NULL where it is not about an assessment."""
