"""What people do about tasks: confirm, assign, remind, and ask for a waiver. Nobody closes one by hand."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import RoleGrant, TeamMembership, User
from aims.accounts.roles import Role
from aims.ledger import trail
from aims.policy.policies import shipped
from registry import documents, notices, obligations, services, snapshots
from registry.errors import ReasonNeeded, WrongTask
from registry.models import Confirmation, Obligation, Waiver

CONFIRM = "registry.confirm_obligation"
ASSIGN = "registry.assign_obligation"
REMIND = "registry.remind_obligation"
WAIVE = "registry.add_waiver"

EARLIEST = dt.date(2000, 1, 1)
"""No check is older. Policies count days in nanoseconds from 1970, which do not reach back for ever: if a
day is out of their reach they give no answer, and all tasks of the system would stay as they are."""


# --- Confirming --------------------------------------------------------------------------------------------


@transaction.atomic
def confirm(task: Obligation, *, on: dt.date, in_place: bool, note: str, by: User) -> Confirmation:
    """Write down what a person found on a day. Whether that closes the task, policy says.

    Raises PermissionDenied, ReasonNeeded without a note, and WrongTask: policy measures this task by other
    facts or no longer asks for it, or the day has yet to come.
    """
    system = services.locked(task.system_id)
    current = Obligation.objects.select_related("system").get(pk=task.pk)
    if not current.may_be_seen_to_by(by, CONFIRM):
        raise PermissionDenied(_("Only the team that owns the system and the compliance lead confirm this."))
    if obligations.kind_of(current.kind).action != "confirm":
        raise WrongTask(_("This task is closed by what the record and the signatures say, not by a word."))
    if current.state == Obligation.State.DROPPED:
        raise WrongTask(_("Policy no longer asks for this, so there is nothing to confirm."))
    if on > timezone.localdate():
        raise WrongTask(_("Give the day on which it was checked. It cannot lie in the future."))
    if on < EARLIEST:
        raise WrongTask(_("Give the day on which it was checked. This one is too long ago to be right."))
    if not note.strip():
        raise ReasonNeeded(_("Say what was checked, and where that is kept."))
    confirmation = Confirmation.objects.create(
        obligation=current, on=on, in_place=in_place, note=note.strip(), by=by
    )
    snapshots.refresh([system])
    return confirmation


# --- Assigning ---------------------------------------------------------------------------------------------


def candidates(tasks: Sequence[Obligation]) -> list[User]:
    """Active people who can be given every one of these tasks: members of the systems' teams for what the
    owner has to do, holders of the signing role for what that role has to do. At most three queries."""
    able = set.intersection(*_able(tasks).values()) if tasks else set()
    return list(User.objects.filter(pk__in=able, is_active=True).order_by("name")) if able else []


def _able(tasks: Iterable[Obligation]) -> dict[Any, set[Any]]:
    """Team or role that tasks are for -> keys of the people whom they can be given to."""
    found: dict[Any, set[Any]] = {_place(task): set() for task in tasks}
    teams = [place for place in found if isinstance(place, int)]
    roles = [place for place in found if isinstance(place, str)]
    if teams:
        for team, person in TeamMembership.objects.filter(team__in=teams).values_list("team", "user"):
            found[team].add(person)
    if roles:
        for role, person in RoleGrant.objects.filter(role__in=roles).values_list("role", "user"):
            found[role].add(person)
    return found


def _place(task: Obligation) -> int | str:
    return task.system.team_id if task.role == Role.OWNER else task.role


def ask_assigning(tasks: Iterable[Obligation], *, by: User) -> None:
    """Raises PermissionDenied if the person may not assign one of the tasks."""
    for task in tasks:
        if not task.may_be_seen_to_by(by, ASSIGN):
            raise PermissionDenied(
                _("You may not assign “%(task)s” of %(system)s.")
                % {"task": obligations.kind_of(task.kind).title, "system": task.system}
            )


@transaction.atomic
def assign(tasks: Iterable[Obligation], *, to: User | None, by: User) -> int:
    """Give tasks to a person, or (None) back to whoever holds the role. Returns how many changed hands.

    All or nothing: raises PermissionDenied if the person may not assign one of them, and WrongTask if one is
    not open or cannot be given to that person.
    """
    rows = _locked(tasks)
    ask_assigning(rows, by=by)
    for task in rows:
        if task.state != Obligation.State.OPEN:
            raise WrongTask(
                _("“%(task)s” of %(system)s is not open any more. Choose again.")
                % {"task": obligations.kind_of(task.kind).title, "system": task.system}
            )
    if to is not None and to.pk not in {person.pk for person in candidates(rows)}:
        raise WrongTask(
            _(
                "%(person)s cannot be given all of these: a task goes to somebody in the team that owns the "
                "system, or to a holder of the role that signs."
            )
            % {"person": to}
        )
    moving = [task for task in rows if task.assignee_id != (to.pk if to else None)]
    Obligation.objects.filter(pk__in=[task.pk for task in moving]).update(assignee=to)
    reason = _("Assigned") if to else _("Assigned to nobody in particular")
    trail.record_many([(task, reason) for task in moving], new=False, by=by)
    return len(moving)


@transaction.atomic
def tasks_pass_on(person: User, *, to: User | None, by: User) -> None:
    """Give the open tasks of somebody who leaves to a successor, as far as they can be given to that person;
    the rest goes back to whoever holds the role. Who may hand over at all is for the caller to ask."""
    rows = _locked(Obligation.objects.filter(assignee=person, state=Obligation.State.OPEN))
    able = _able(rows)
    taken = [task for task in rows if to is not None and to.pk in able[_place(task)]]
    for tasks, holder in ((taken, to), ([task for task in rows if task not in taken], None)):
        Obligation.objects.filter(pk__in=[task.pk for task in tasks]).update(assignee=holder)
    trail.record_many([(task, _("Handed over")) for task in rows], new=False, by=by)


def _locked(tasks: Iterable[Obligation]) -> list[Obligation]:
    rows = Obligation.objects.select_for_update(of=("self",)).select_related("system__team__lead", "assignee")
    return list(rows.filter(pk__in=[task.pk for task in tasks]).order_by("pk"))


# --- Reminding ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminded:
    """What came of reminding: how many tasks, how many of them not, and why."""

    sent: int
    people: int
    already: int
    """Were reminded of today before."""
    closed: int
    """Are done, dropped, or waived."""
    nobodys: int
    """Nobody is there who could be reminded."""


def may_remind(task: Obligation, user: User) -> bool:
    """Whoever answers for the system reminds everybody who holds it up, signers too."""
    if user.may_everywhere(REMIND):
        return True
    return bool(user.roles_with(REMIND)) and task.system.team_id in user.team_ids


@transaction.atomic
def remind(tasks: Iterable[Obligation], *, by: User) -> Reminded:
    """Tell each person whom some of the tasks wait for, at most once a day for each task. Their e-mails come
    together in one.

    Raises PermissionDenied if the person may not remind of one of them; then nobody is told.
    """
    rows = _locked(tasks)
    if any(not may_remind(task, by) for task in rows):
        raise PermissionDenied(_("You may remind only of tasks of your own teams."))
    now = timezone.now()
    today = timezone.localdate(now)
    open_now = set(
        Obligation.objects.to_do(today).filter(pk__in=[task.pk for task in rows]).values_list("pk", flat=True)
    )
    awake = [task for task in rows if task.pk in open_now]
    due = [task for task in awake if task.reminded_at is None or timezone.localdate(task.reminded_at) < today]
    told = _recipients(due)
    sent = [task for task in due if told[task]]
    Obligation.objects.filter(pk__in=[task.pk for task in sent]).update(reminded_at=now)
    trail.record_many([(task, _("Reminded")) for task in sent], new=False, by=by)
    notices.reminded({task: told[task] for task in sent}, by=by, on=today)
    people = {person.pk for task in sent for person in told[task]}
    return Reminded(
        len(sent), len(people), len(awake) - len(due), len(rows) - len(awake), len(due) - len(sent)
    )


def _recipients(tasks: Sequence[Obligation]) -> dict[Obligation, list[User]]:
    """Whom each task waits for: who was given it and is still there, else the lead of the team, else all who
    hold the role. Whoever has left team or role since is not told about its systems."""
    able = _able(tasks)
    roles = {task.role for task in tasks} - {Role.OWNER}
    holders: dict[str, list[User]] = defaultdict(list)
    for grant in RoleGrant.objects.filter(role__in=roles).select_related("user") if roles else ():
        holders[grant.role].append(grant.user)
    found = {}
    for task in tasks:
        given = task.assignee
        if given is not None and given.is_active and given.pk in able[_place(task)]:
            people = [given]
        else:
            people = [task.system.team.lead] if task.role == Role.OWNER else holders[task.role]
        found[task] = [person for person in people if person.is_active]
    return found


# --- Waiving -----------------------------------------------------------------------------------------------

SUBJECT = "waiver"
"""The kind under which waivers are signed."""


def waiver_signers(task: Obligation, days: int) -> dict[str, str]:
    """Role -> why, of who must sign that the task waits for so many days. Raises PolicyError."""
    question = {"record": documents.record_of(task.system), "waiver": {"kind": task.kind, "days": days}}
    answer = shipped().query("data.ai.signoffs.waiver", question)
    return {entry["role"]: entry["why"] for entry in answer}


@transaction.atomic
def waiver_request(task: Obligation, *, until: dt.date, reason: str, by: User) -> Waiver:
    """Ask that a task may wait until a day. It counts once it is signed; a request still open is replaced.

    Raises PermissionDenied, ReasonNeeded, and WrongTask: the task is not open, policy allows no such waiver,
    or nobody could sign it.
    """
    services.locked(task.system_id)
    current = Obligation.objects.select_related("system__team").get(pk=task.pk)
    kind = obligations.kind_of(current.kind)
    today = timezone.localdate()
    days = (until - today).days
    if not by.has_perm(WAIVE, current.system):
        raise PermissionDenied(
            _("Only the team that owns the system and the compliance lead ask for a waiver.")
        )
    if current.state != Obligation.State.OPEN:
        raise WrongTask(_("The task is not open, so there is nothing to waive."))
    if not kind.waiver_days:
        raise WrongTask(_("By policy this task cannot be waived."))
    if not 0 <= days <= kind.waiver_days:
        raise WrongTask(
            _("Choose a day from today to %(last)s: policy allows %(days)d days at most.")
            % {"last": f"{today + dt.timedelta(days=kind.waiver_days):%-d %B %Y}", "days": kind.waiver_days}
        )
    if not reason.strip():
        raise ReasonNeeded(_("Say why the task can wait. Whoever signs decides by this."))
    signers = waiver_signers(current, days)
    if not signers:
        raise WrongTask(_("Policy names nobody who could sign this waiver, so it cannot be granted."))
    for earlier in current.waivers.filter(state=Waiver.State.ASKED):
        earlier.state = Waiver.State.ENDED
        trail.save(earlier, by=by, reason=_("Replaced by a new request"))
    waiver = Waiver(
        obligation=current,
        until=until,
        reason=reason.strip(),
        requested_by=by,
        open_roles="".join(f"|{role}" for role in sorted(signers)) + "|",
        document={
            "system": current.system.slug,
            "system_name": current.system.name,
            "task": current.kind,
            "title": kind.title,
            "why": current.why,
            "due": current.due.isoformat(),
            "until": until.isoformat(),
            "reason": reason.strip(),
            "requested_by": str(by.pk),
            "requested_on": today.isoformat(),
        },
    )
    trail.save(waiver, by=by, reason=_("Waiver asked for"))
    return waiver
