"""First steps of a new installation: a checklist that ticks itself, for nothing on it is ticked by hand.

`first_steps` answers for the card on the dashboard, `checklist` for the page; one query either way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import RoleGrant, Team, User
from aims.accounts.roles import Role
from aims.portal.models import PutAside
from aims.signoffs.models import Decision, SignOff
from assessments.models import Assessment
from assessments.states import State
from registry import gate
from registry.choices import Stage
from registry.models import AISystem, GateDecision

SETS_UP = frozenset({Role.ADMIN, Role.LEAD})
"""Roles whose holders set a portal up, and so get the card."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One step: when it counts as done, why it is there, where it is done and who does it."""

    name: str
    title: Any
    why: Any
    done: Callable[[], QuerySet[Any]]
    """Rows, any of which shows that it is done."""
    view: str
    """Where it is done."""
    permission: str
    """What a person needs to do it there."""
    action: Any
    who: Any


def _held(role: Role) -> Callable[[], QuerySet[Any]]:
    return lambda: RoleGrant.objects.filter(role=role, user__is_active=True)


_TASKS = (
    _Task(
        "administrator",
        _("Have an administrator"),
        _("Somebody gives people their accounts and roles. This person approves nothing."),
        _held(Role.ADMIN),
        "people",
        "accounts.view_user",
        _("People"),
        _("Made with the first account."),
    ),
    _Task(
        "dpo",
        _("Name the data protection officer"),
        _("Every impact assessment is approved by somebody who answers for the people it affects."),
        _held(Role.DPO),
        "people",
        "accounts.add_rolegrant",
        _("Choose or invite a person"),
        _("An administrator does this."),
    ),
    _Task(
        "cto",
        _("Name the chief technology officer"),
        _("Nothing goes into production without the person who answers for what runs there."),
        _held(Role.CTO),
        "people",
        "accounts.add_rolegrant",
        _("Choose or invite a person"),
        _("An administrator does this."),
    ),
    _Task(
        "security",
        _("Name the security officer"),
        _("Systems of high and critical risk need a third signature."),
        _held(Role.SECURITY),
        "people",
        "accounts.add_rolegrant",
        _("Choose or invite a person"),
        _("An administrator does this."),
    ),
    _Task(
        "team",
        _("Make the first team"),
        _("A team owns systems: its members fill in records and assessments."),
        lambda: Team.objects.filter(is_active=True),
        "team-new",
        "accounts.add_team",
        _("Make a team"),
        _("An administrator or the compliance lead does this."),
    ),
    _Task(
        "system",
        _("Bring in the first system"),
        _("The registry begins with what you have: a spreadsheet, files of records, or a system in a form."),
        lambda: AISystem.objects.all(),
        "registry:imports",
        "registry.import_aisystem",
        _("Import systems"),
        _("The compliance lead or a member of a team does this."),
    ),
    _Task(
        "assessment",
        _("Begin the first impact assessment"),
        _("Write down who could be harmed, how badly, and what you do about it. It saves itself."),
        lambda: Assessment.objects.all(),
        "registry:systems",
        "assessments.add_assessment",
        _("Choose a system"),
        _("A member of the owning team does this."),
    ),
    _Task(
        "approved",
        _("Get an assessment approved"),
        _("Whoever decides did not write it, and signs exactly what was submitted."),
        lambda: Assessment.objects.filter(state=State.APPROVED),
        "work",
        "signoffs.add_signoff",
        _("My work"),
        _("The data protection officer decides, once it has been submitted."),
    ),
    _Task(
        "signed",
        _("Get the first signature for production"),
        _("A signature is bound to the record and the assessment as they were shown."),
        lambda: SignOff.objects.filter(subject_kind=gate.SUBJECT, decision=Decision.APPROVE),
        "work",
        "signoffs.add_signoff",
        _("My work"),
        _("The people whom policy asks sign, once the assessment is approved."),
    ),
    _Task(
        "production",
        _("Take the first system to production"),
        _("The gate opens when every rule holds and every signature stands. From here on it watches."),
        lambda: GateDecision.objects.filter(target=Stage.PRODUCTION, verdict="allow"),
        "registry:systems",
        "registry.promote_aisystem",
        _("Choose a system"),
        _("A member of the owning team does this, who has not signed."),
    ),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """The checklist for one person: rows for `components/gates.html`, and how far it is."""

    rows: list[dict[str, Any]]
    done: int
    put_aside: bool

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def complete(self) -> bool:
        return self.done == self.total

    @property
    def next(self) -> dict[str, Any] | None:
        """The first step that is still open."""
        return next((row for row in self.rows if row["state"] != "pass"), None)


def checklist(user: User) -> Steps:
    """All steps, ticked by what is in the database now."""
    facts = {task.name: Exists(task.done()) for task in _TASKS}
    aside = PutAside.objects.filter(user=user, card=PutAside.Card.FIRST_STEPS)
    found: Any = User.objects.filter(pk=user.pk).values(put_aside=Exists(aside), **facts).get()
    rows = [_row(task, user, done=found[task.name]) for task in _TASKS]
    return Steps(rows, done=sum(found[task.name] for task in _TASKS), put_aside=found["put_aside"])


def first_steps(user: User) -> Steps | None:
    """For the card on the dashboard: None for those who do not set up, have put it aside, or are done."""
    if not user.roles & SETS_UP:
        return None
    steps = checklist(user)
    return None if steps.put_aside or steps.complete else steps


def put_aside(user: User) -> None:
    """Take the card away from this person's dashboard. Twice changes nothing."""
    PutAside.objects.get_or_create(user=user, card=PutAside.Card.FIRST_STEPS)


def take_up(user: User) -> None:
    """Show the card again."""
    PutAside.objects.filter(user=user, card=PutAside.Card.FIRST_STEPS).delete()


def _row(task: _Task, user: User, *, done: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"state": "pass" if done else "wait", "title": task.title, "fact": task.why}
    if not done:
        row["fix"] = task.who
        if user.has_perm(task.permission):
            row |= {"fix_url": reverse(task.view), "fix_label": task.action}
    return row
