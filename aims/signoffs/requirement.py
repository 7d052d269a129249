"""Whose signature policy asks for."""

from typing import Any

from aims.accounts.roles import Role
from aims.policy.policies import PolicySet


def required_roles(
    kind: str, record: dict[str, Any], assessment: dict[str, Any] | None, policies: PolicySet
) -> dict[Role, str]:
    """Role -> why, in the order in which roles are listed: the answer of `data.ai.signoffs.required`.

    Raises PolicyError.
    """
    answer = policies.query(
        "data.ai.signoffs.required", {"subject": kind, "record": record, "assessment": assessment}
    )
    reasons: dict[str, list[str]] = {}
    for entry in answer:
        reasons.setdefault(entry["role"], []).append(entry["why"])
    return {role: "; ".join(sorted(reasons[role])) for role in Role if role in reasons}
