"""Why a system is blocked, in plain words: the gate's answer, and who can do something about each part.

What blocks is the gate's to say and `checklist` puts it in rows; here stand only the people and the order of
things to do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.accounts.models import RoleGrant, Substitution, User
from aims.accounts.roles import Role
from aims.policy.policies import shipped
from aims.policy.verdict import Denial
from registry import checklist, presentation
from registry.choices import Stage
from registry.gate import Answer, Signature
from registry.models import AISystem
from registry.signing import authors_of


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that speaks against the system, with all that a person wants to know of it."""

    row: dict[str, Any]
    """As the checklist shows it: title, fact, fix, fix_url, rule, source."""
    why: str
    """Why anybody asks for this."""
    who: str
    """Who can do something about it, by name."""
    now: str = ""
    """How what it asks for stands today, where that is known in a sentence."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """For a stale signature: what changed since it was given, as rows of a diff."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be done on the way to production, in its order."""

    title: str
    text: str
    done: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The gate's answer about one system, explained to one person."""

    rules: list[Point]
    """Rules that block."""
    signatures: list[Point]
    """Signatures that are missing, stale or refused."""
    warnings: list[Point]
    """Rules that only warn."""
    steps: list[Step]
    """What happens next, in order; empty where nothing is to be done."""


_whereabouts: dict[str, Callable[[AISystem], str]] = {}


def register_whereabouts(place: str, tell: Callable[[AISystem], str]) -> None:
    """Let an upper app say how what it knows of a system stands; `place` is one of `checklist.place_of`."""
    _whereabouts[place] = tell


def explain(answer: Answer, user: User) -> Explanation:
    """The answer in plain words. A fixed number of queries; the system's team and its lead are loaded."""
    if answer.system.stage == Stage.RETIRED:
        return Explanation([], [], [], [])
    people = _People(answer)
    rules = {rule.id: rule for rule in shipped().rules}
    titles = {rule.id: rule.title for rule in rules.values()}
    open_roles = {signature.role for signature in answer.open_signatures}
    places = {checklist.place_of(denial) for denial in answer.denials}
    now = {place: tell(answer.system) for place, tell in _whereabouts.items() if place in places}

    def about(denial: Denial) -> Point:
        row, place = checklist.denial_row(denial, titles, answer.system), checklist.place_of(denial)
        if place == "record" and not user.has_perm("registry.change_aisystem", answer.system):
            row |= {"fix_url": ""}
        return Point(row, rules[denial.rule].description, people.who_mends(denial), now.get(place, ""))

    def about_signature(signature: Signature) -> Point:
        row = checklist.signature_row(signature, answer.system, user) | {"fix": ""}
        why = _("Policy asks for this signature because %(why)s.") % {"why": signature.why.rstrip(".")}
        for denial in answer.denials:
            if _role_of(denial) == signature.role:
                said = checklist.denial_row(denial, titles, answer.system)
                row |= {name: said[name] for name in ("rule", "source", "source_url", "control")}
                why = f"{why} {rules[denial.rule].description}"
        changes = presentation.change_rows(list(signature.changes))
        return Point(row, why, people.who_signs(signature), changes=changes)

    def told(denials: list[Denial]) -> list[Point]:
        """Rules but for those that only say again that a signature is open."""
        return [about(denial) for denial in denials if _role_of(denial) not in open_roles]

    return Explanation(
        rules=told(answer.blockers),
        signatures=[about_signature(signature) for signature in answer.open_signatures],
        warnings=told(answer.warnings),
        steps=[] if answer.allows or answer.verdict == "error" else list(_steps(answer)),
    )


def _role_of(denial: Denial) -> Role | None:
    """The role whose signature the rule misses."""
    if checklist.place_of(denial) != "signatures":
        return None
    return Role.SECURITY if "security" in denial.rule else Role.DPO


class _People:
    """Who can act on a system: its team, and those who sign. A fixed number of queries."""

    def __init__(self, answer: Answer) -> None:
        self.system = answer.system
        roles = {signature.role for signature in answer.open_signatures} | {
            Role.LEAD,
            Role.DPO,
            Role.SECURITY,
        }
        self.holders: dict[str, dict[Any, str]] = {role: {} for role in roles}
        """Role -> id and name of those who hold it today, in their own right or as a substitute."""
        own = RoleGrant.objects.filter(role__in=roles, user__is_active=True).order_by()
        in_force = Substitution.objects.in_force(on=timezone.localdate()).order_by()
        substitutes = in_force.filter(role__in=roles, substitute__is_active=True)
        found = own.values_list("role", "user_id", "user__name").union(
            substitutes.values_list("role", "substitute_id", "substitute__name")
        )
        for role, pk, name in found:
            self.holders[role][pk] = name
        self.authors = authors_of([self.system.pk])[self.system.pk] if answer.open_signatures else frozenset()

    def team(self) -> str:
        """The owning team by its lead and deputy, and who else may write."""
        team = self.system.team
        named = _names(str(person) for person in (team.lead, team.deputy) if person)
        return _("%(team)s: %(names)s, or another member.") % {"team": team.name, "names": named}

    def who_mends(self, denial: Denial) -> str:
        if (role := _role_of(denial)) is not None:
            return self._signers(role)
        if checklist.place_of(denial) == "assessment":
            return _("%(team)s They write it; %(dpo)s") % {
                "team": self.team(),
                "dpo": self._signers(Role.DPO, decides=True),
            }
        return self.team()

    def who_signs(self, signature: Signature) -> str:
        if signature.returned:
            return _("First %(team)s Then the %(role)s decides again.") % {
                "team": self.team(),
                "role": signature.role.label,
            }
        return self._signers(signature.role)

    def _signers(self, role: Role, *, decides: bool = False) -> str:
        holders = self.holders[role]
        free = [name for pk, name in holders.items() if pk not in self.authors]
        if not holders:
            return _("Nobody holds the role “%(role)s”. An administrator gives it.") % {"role": role.label}
        if not free and not decides:
            return _(
                "Everybody who holds the role “%(role)s” wrote part of this, and nobody signs what they "
                "wrote. The holder can hand the role to a substitute, or an administrator gives it to "
                "somebody else."
            ) % {"role": role.label}
        text = _("%(names)s decides about it.") if decides else "%(names)s (%(role)s)."
        return text % {"names": _names(sorted(free or holders.values())), "role": role.label}


def _names(names: Iterable[str]) -> str:
    *first, last = names
    return _("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _steps(answer: Answer) -> Iterable[Step]:
    """What has to happen, in the order in which it makes sense: what is written before what is signed."""
    places = [checklist.place_of(denial) for denial in answer.blockers]
    system: AISystem = answer.system
    record, assessment = places.count("record"), places.count("assessment")
    yield Step(
        _("The record says all that the rules ask"),
        ngettext("One rule asks for a change.", "%(number)d rules ask for a change.", record)
        % {"number": record}
        if record
        else _("Nothing to change."),
        done=not record,
    )
    yield Step(
        _("The impact assessment is approved, for the record as it is"),
        _("Written by the team, submitted, and approved by somebody who did not write it.")
        if assessment
        else _("It is."),
        done=not assessment,
    )
    missing = [str(signature.role.label) for signature in answer.open_signatures]
    yield Step(
        _("Everybody whom policy asks has signed exactly that"),
        _signing(missing, asked=not assessment and system.stage != Stage.DRAFT),
        done=not missing,
    )
    if system.stage in (Stage.PRODUCTION, Stage.CANARY):
        yield Step(
            _("The system is in compliance again"),
            _(
                "Until then it is shown as out of compliance. It keeps running: nothing is switched off by "
                "itself. Its team, those who sign and the on-call engineer can suspend it."
            ),
            done=False,
        )
    else:
        yield Step(
            _("Somebody asks the gate"),
            _("A member of the team who has not signed, under “Next step”. The gate answers at once."),
            done=False,
        )


def _signing(missing: list[str], *, asked: bool) -> str:
    """Who still signs. Nobody is asked before there is an assessment to read."""
    if not missing:
        return _("They have.")
    if asked:
        return _("Still open: %(roles)s. They find it under My work.") % {"roles": ", ".join(missing)}
    return _("They are asked once the assessment is approved: %(roles)s.") % {"roles": ", ".join(missing)}
