"""Keeps the tasks of systems true: what policy asks is opened, what the facts satisfy is closed.

What is asked, of whom and by when, and what counts as done, says `policies/ai/obligations.rego`. Nobody
closes a task by hand. `snapshots.refresh` calls `sync` in the transaction of every change, and again when the
policies or a date have overtaken what was worked out.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from aims.ledger import trail
from aims.policy.policies import PolicyError, PolicySet, shipped
from registry import gate
from registry.models import Confirmation, Obligation
from registry.models.obligation import TASK_ROLES

ACTIONS = ("assess", "edit", "sign", "confirm")
"""Where a task is seen to: the assessment, the record, the decision page, or the task's own page."""

State = Obligation.State
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """What policy says of one kind of task."""

    name: str
    title: str
    todo: str = ""
    control: str = ""
    action: str = "confirm"
    valid_days: int = 0
    """How long a confirmation counts."""
    waiver_days: int = 0
    """The longest waiver; 0: none."""


def kinds() -> Mapping[str, Kind]:
    """Every kind of task that the policies know, by name. Raises PolicyError."""
    return _catalogue(shipped())


def kind_of(name: str) -> Kind:
    """The kind; one that the policies no longer know has nothing but its name."""
    return kinds().get(name) or Kind(name, name.replace("-", " ").capitalize())


def signing_kinds() -> list[str]:
    """Kinds that are decisions: who signs finds them there, and not once more among the tasks."""
    return [kind.name for kind in kinds().values() if kind.action == "sign"]


@lru_cache(maxsize=8)
def _catalogue(policies: PolicySet) -> Mapping[str, Kind]:
    found = {}
    for entry in policies.query("data.ai.obligations.catalogue", {}):
        kind = Kind(**{("name" if key == "kind" else key): value for key, value in entry.items()})
        if kind.action not in ACTIONS:
            raise PolicyError(
                f"The task {kind.name!r} has the action {kind.action!r}; it can be {', '.join(ACTIONS)}."
            )
        found[kind.name] = kind
    return dict(sorted(found.items(), key=lambda entry: entry[1].title))


# --- Opening and closing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """One task as policy asks for it now."""

    why: str
    days: int
    role: str
    met: bool


def sync(answers: Iterable[gate.Answer]) -> dict[int, dt.date]:
    """Bring the tasks of these systems to what policy asks of them now; within the caller's transaction.

    Returns system id -> the last day on which time alone changes none of it. Two queries where nothing has
    changed, however many systems there are; what is new is written together, and each task that changed by
    a short statement. A system about which the policies give no answer keeps its tasks as they are.
    """
    asked: dict[int, dict[str, _Asked]] = {}
    ends: dict[int, dt.date] = {}
    policies = shipped()
    answers = list(answers)
    checks = _checks([answer.system.pk for answer in answers])
    for answer in answers:
        try:
            asked[answer.system.pk], days = _ask(answer, checks.get(answer.system.pk, {}), policies)
        except PolicyError as error:
            logger.error("The policies do not say which tasks %s calls for: %s", answer.system.slug, error)
        else:
            if days:
                ends[answer.system.pk] = min(days)
    _write(asked)
    return ends


def _checks(system_ids: list[int]) -> dict[int, dict[str, Any]]:
    """The fact `checks`: system id -> kind -> the newest thing that a person confirmed.

    Only tasks rest on what a person says; the gate does not know of it.
    """
    rows = Confirmation.objects.filter(obligation__system__in=system_ids).order_by("on", "pk")
    found: dict[int, dict[str, Any]] = {}
    for system, kind, day, in_place in rows.values_list(
        "obligation__system", "obligation__kind", "on", "in_place"
    ):
        found.setdefault(system, {})[kind] = {"on": day.isoformat(), "in_place": in_place}
    return found


def _ask(
    answer: gate.Answer, checks: dict[str, Any], policies: PolicySet
) -> tuple[dict[str, _Asked], list[dt.date]]:
    facts = answer.document["facts"] | {"checks": checks}
    said = policies.query("data.ai.obligations.answer", {"record": answer.record, "facts": facts})
    met = set(said["met"])
    try:
        tasks = {
            task["kind"]: _Asked(task["why"], int(task["days"]), _role(task["assignee"]), task["kind"] in met)
            for task in said["asked"]
        }
        return tasks, [dt.date.fromisoformat(day) for day in said["expires"]]
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"ai.obligations answers in a shape that cannot be read: {error!r}") from error


_ROLES = {role.value for role in TASK_ROLES}


def _role(word: str) -> str:
    if word not in _ROLES:
        raise ValueError(f"{word!r} is nobody whom a task can be given to")
    return word


def _write(asked: dict[int, dict[str, _Asked]]) -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    new: list[tuple[Obligation, str]] = []
    changed: list[tuple[Obligation, str]] = []
    missing = {(system, kind): task for system, tasks in asked.items() for kind, task in tasks.items()}
    for row in Obligation.objects.filter(system__in=asked).order_by():
        task = missing.pop((row.system_id, row.kind), None)
        if reason := _drop(row, now) if task is None else _follow(row, task, now, today):
            changed.append((row, reason))
    reasons = {True: _("Asked for, and done already"), False: _("Opened: policy asks for it")}
    for (system, kind), task in missing.items():
        row = Obligation(
            system_id=system,
            kind=kind,
            why=task.why,
            role=task.role,
            due=today + dt.timedelta(days=task.days),
            state=State.MET if task.met else State.OPEN,
            opened_at=now,
            closed_at=now if task.met else None,
        )
        new.append((row, reasons[task.met]))
    Obligation.objects.bulk_create([row for row, _reason in new])
    trail.record_many(new, new=True)
    if changed:
        trail.write_each([row for row, _reason in changed], _MOVING)
        trail.record_many(changed, new=False)


_MOVING = ["why", "role", "assignee", "due", "state", "opened_at", "closed_at"]


def _drop(row: Obligation, now: dt.datetime) -> str:
    """Policy no longer asks. Returns why the row changed; empty if it did not."""
    if row.state == State.DROPPED:
        return ""
    row.state, row.closed_at = State.DROPPED, now
    return _("Dropped: policy no longer asks for it")


def _follow(row: Obligation, task: _Asked, now: dt.datetime, today: dt.date) -> str:
    """Bring the row to what is asked. Returns why it changed; empty if it did not."""
    reason = ""
    if task.met and row.state != State.MET:
        row.state, row.closed_at = State.MET, now
        reason = _("Closed: what was asked is there")
    elif not task.met and row.state != State.OPEN:
        row.state, row.opened_at, row.closed_at = State.OPEN, now, None
        reason = _("Reopened: what was asked is there no longer")
    if row.role != task.role:
        row.role, row.assignee_id = task.role, None  # it is somebody else's turn
        reason = reason or _("It is somebody else's turn")
    # How long a task may take counts from the day on which it was opened, also when policy thinks anew.
    due = timezone.localdate(row.opened_at) + dt.timedelta(days=task.days)
    if row.state == State.OPEN and row.due != due:
        row.due = due
        reason = reason or _("Due on another day: policy gives other times")
    if row.why != task.why:
        row.why = task.why
        reason = reason or _("What it is about has changed")
    return reason
