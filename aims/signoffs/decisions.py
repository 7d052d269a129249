"""The decision page's view of a subject: who has signed, what changed since, and what this person may do."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.ledger.changes import changes
from aims.policy.policies import PolicyError, shipped
from aims.signoffs.models import Decision, SignOff
from aims.signoffs.services import approved_by, hindrance, roles_to_sign
from aims.signoffs.standing import Standing, latest_decisions, standing_of
from aims.signoffs.subjects import Kind, Subject


@dataclass(frozen=True, slots=True)
class Signature:
    """One role that policy asks, or that decided although policy does not ask, and how that stands."""

    role: Role
    why: str
    state: str
    """valid, stale, changes, reject or missing."""
    signoff: SignOff | None = None

    @property
    def tone(self) -> str:
        tones = {"valid": "ok", "stale": "bad", "changes": "warn", "reject": "bad", "missing": "mute"}
        return tones[self.state]

    @property
    def text(self) -> str:
        texts = {
            "valid": _("Approved"),
            "stale": _("Stale"),
            "changes": _("Asked for changes"),
            "reject": _("Rejected"),
            "missing": _("Not signed yet"),
        }
        return texts[self.state]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed since some roles decided, as rows; `undoes` where it made a signature stale."""

    title: str
    rows: list[dict[str, Any]]
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """All that the decision page shows about a subject beside its content."""

    signatures: list[Signature]
    differences: list[Difference]
    roles: list[Role]
    """In which the person may decide now."""
    approved: list[SignOff]
    """The person's own approvals of exactly this content."""
    hindrances: list[str]
    """Why the person may not, role by role; or that no role of theirs is asked."""
    error: str = ""
    """Set if the policies gave no answer: then nothing can be signed either."""


def view_of(kind: Kind, subject: Subject, user: User) -> View:
    """What to show this person about the subject. The number of queries depends on the roles at most."""
    latest = latest_decisions(subject.kind, [subject.id]).get(subject.id, {})
    try:
        standing = standing_of(subject.kind, latest, subject.document, shipped())
        error = ""
    except PolicyError as failure:
        standing, error = Standing(latest=latest), str(failure)
    asked = roles_to_sign(subject, user)
    approved = [latest[role] for role in asked if role in latest and approved_by(user, latest[role], subject)]
    reasons = {role: hindrance(subject, user, role, latest) for role in asked}
    if not subject.open:
        hindrances = [subject.closed_because]
    elif not asked:
        hindrances = [_("Policy asks none of your roles to sign this. You can read it here.")]
    else:
        hindrances = [
            f"{role.label}: {why}"
            for role, why in reasons.items()
            if why and all(signoff.role != role for signoff in approved)
        ]
    return View(
        signatures=_signatures(subject, standing),
        differences=list(_differences(kind, subject, standing)),
        roles=[role for role, why in reasons.items() if not why and not error],
        approved=approved,
        hindrances=hindrances,
        error=error,
    )


def moved(kind: Kind, shown: str, subject: Subject) -> Difference:
    """What changed between the page that a signer saw and now; no rows if that page's copy is unreadable."""
    try:
        before = json.loads(shown)
    except (ValueError, RecursionError):
        before = None
    differences = list(changes(before, subject.document)) if isinstance(before, dict) else []
    return Difference(_("Changed since you opened the page"), kind.change_rows(differences), undoes=True)


def _signatures(subject: Subject, standing: Standing) -> list[Signature]:
    asked = [role for role in Role if role in subject.required or role in standing.latest]
    return [_signature(role, subject.required.get(role, ""), standing) for role in asked]


def _signature(role: Role, why: str, standing: Standing) -> Signature:
    signoff = standing.latest.get(role)
    if signoff is None:
        return Signature(role, why, "missing")
    if signoff.decision == Decision.APPROVE:
        return Signature(role, why, "stale" if role in standing.stale else "valid", signoff)
    return Signature(role, why, signoff.decision, signoff)


def _differences(kind: Kind, subject: Subject, standing: Standing) -> Iterable[Difference]:
    """One comparison for each content that was decided about and is no longer what is."""
    by_digest: dict[str, list[SignOff]] = {}
    for signoff in standing.latest.values():
        if signoff.sha256 != subject.sha256:
            by_digest.setdefault(signoff.sha256, []).append(signoff)
    for signoffs in by_digest.values():
        first = min(signoffs, key=lambda signoff: signoff.signed_at)
        roles = ", ".join(signoff.get_role_display() for signoff in signoffs)
        material = {change.path for signoff in signoffs for change in standing.stale.get(signoff.role, ())}
        rows = kind.change_rows(list(changes(first.document, subject.document)))
        yield Difference(
            _("Changed since %(roles)s decided on %(day)s")
            % {"roles": roles, "day": f"{first.signed_at:%-d %B %Y}"},
            [{**row, "material": row["path"] in material} for row in rows],
            undoes=bool(material),
        )
