"""Which signatures stand: computed from what was signed and what is, never stored."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aims.ledger.changes import Change, changes
from aims.policy.policies import PolicySet
from aims.signoffs.models import Decision, SignOff


@dataclass(slots=True)
class Standing:
    """The latest decision of each role about one subject, and which of them count."""

    latest: dict[str, SignOff] = field(default_factory=dict)
    """Role -> the newest decision that was not withdrawn."""
    stale: dict[str, list[Change]] = field(default_factory=dict)
    """Role -> the material changes since that role approved."""

    @property
    def valid(self) -> list[str]:
        """Roles whose approval stands for the content as it is."""
        return [
            role
            for role, signoff in sorted(self.latest.items())
            if signoff.decision == Decision.APPROVE and role not in self.stale
        ]


def latest_decisions(
    kind: str, ids: Iterable[int], *, until: dt.datetime | None = None
) -> dict[int, dict[str, SignOff]]:
    """Subject id -> role -> newest decision that was not withdrawn, of those taken `until` then.

    One query."""
    found: dict[int, dict[str, SignOff]] = defaultdict(dict)
    taken = SignOff.objects.about(kind, ids).select_related("signer", "on_behalf_of")
    for signoff in taken.filter(signed_at__lte=until) if until else taken:
        if signoff.decision == Decision.WITHDRAW:
            current = found[signoff.subject_id].get(signoff.role)
            if current is not None and current.pk == signoff.withdraws_id:
                del found[signoff.subject_id][signoff.role]
        else:
            found[signoff.subject_id][signoff.role] = signoff
    return found


def standings(kind: str, documents: Mapping[int, dict[str, Any]], policies: PolicySet) -> dict[int, Standing]:
    """Subject id -> standing, for subjects with their present documents. One query for all."""
    decisions = latest_decisions(kind, documents)
    return {
        subject_id: standing_of(kind, decisions.get(subject_id, {}), document, policies)
        for subject_id, document in documents.items()
    }


def standing_of(
    kind: str, latest: dict[str, SignOff], document: dict[str, Any], policies: PolicySet
) -> Standing:
    """What stands of the latest decisions, given the subject's present document."""
    standing = Standing(latest=latest)
    undone: dict[str, dict[str, list[Change]]] = {}  # by digest: roles mostly sign the same content
    for role, signoff in latest.items():
        if signoff.decision != Decision.APPROVE:
            continue
        if signoff.sha256 not in undone:
            undone[signoff.sha256] = material_changes(kind, signoff.document, document, policies)
        if material := undone[signoff.sha256].get(role):
            standing.stale[role] = material
    return standing


def material_changes(
    kind: str, before: dict[str, Any], after: dict[str, Any], policies: PolicySet
) -> dict[str, list[Change]]:
    """What (a role, or `assessment`) -> the changes that, by policy, undo its approval."""
    if before == after:
        return {}
    differences = list(changes(before, after))
    answer = policies.query(
        "data.ai.materiality.stale",
        {"subject": kind, "changes": [change.as_dict() for change in differences]},
    )
    by_path = {change.path: change for change in differences}
    found: dict[str, list[Change]] = defaultdict(list)
    for entry in answer:
        found[entry["what"]].append(by_path[entry["path"]])
    return {what: sorted(found[what], key=lambda change: change.path) for what in found}
