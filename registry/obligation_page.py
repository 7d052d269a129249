"""What the page of one task shows: what it is, how it is done, who has it, what happened to it."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.accounts.roles import Role
from registry import gate
from registry import obligation_services as services
from registry.models import Obligation, Waiver
from registry.obligation_list import rows_of
from registry.obligations import Kind, kind_of


def context(task: Obligation, user: User) -> dict[str, Any]:
    """The task has been loaded `with_waiver`, with system, team, lead and assignee. Three or four queries."""
    kind = kind_of(task.kind)
    (row,) = rows_of([task], user, timezone.localdate())
    is_open = task.state == Obligation.State.OPEN
    waivers = list(task.waivers.select_related("requested_by"))
    for_whom = Role(task.role)
    return {
        "task": task,
        "row": row,
        "kind": kind,
        "system": task.system,
        "for_whom": for_whom.label,
        "by_name": task.assignee is not None,
        "way": _way(task, kind, user),
        "confirmations": list(task.confirmations.select_related("by")[:10]),
        "waivers": waivers,
        "asked": next((waiver for waiver in waivers if waiver.state == Waiver.State.ASKED), None),
        "events": _events(task),
        "may_confirm": kind.action == "confirm"
        and task.state != Obligation.State.DROPPED
        and task.may_be_seen_to_by(user, services.CONFIRM),
        "may_waive": is_open and kind.waiver_days > 0 and user.has_perm(services.WAIVE, task.system),
        "may_assign": is_open and task.may_be_seen_to_by(user, services.ASSIGN),
        "may_remind": is_open and services.may_remind(task, user),
    }


def _way(task: Obligation, kind: Kind, user: User) -> dict[str, str] | None:
    """Where the task is seen to, as {url, label}; None where that is this page, or there is nothing to do."""
    system = task.system
    if task.state != Obligation.State.OPEN:
        return None
    if kind.action == "assess":
        return {"url": f"{system.get_absolute_url()}#panel-1", "label": _("Go to the assessment")}
    if kind.action == "edit" and user.has_perm("registry.change_aisystem", system):
        return {"url": reverse("registry:system-edit", args=[system.slug]), "label": _("Edit the record")}
    if kind.action == "sign":
        url = reverse("signoffs:decide", args=[gate.SUBJECT, system.slug])
        return {"url": url, "label": _("Decide") if task.role in user.roles else _("See what is signed")}
    return None


def _events(task: Obligation) -> list[dict[str, Any]]:
    """The history, newest first, each entry with what it changed."""
    rows = list(
        Obligation.history.filter(id=task.pk)
        .select_related("history_user")
        .order_by("history_date", "history_id")
    )
    people = {row.assignee_id for row in rows if row.assignee_id}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
    found = []
    for place, row in enumerate(rows):
        before = rows[place - 1] if place else None
        found.append(
            {
                "title": row.history_change_reason or _("Changed"),
                "at": row.history_date,
                "actor": str(row.history_user) if row.history_user else _("by itself"),
                "tone": _tone(row, before),
                "changes": _changes(row, before, names) if before else [],
            }
        )
    return found[::-1]


def _tone(row: Any, before: Any) -> str:
    if before is not None and before.state == row.state:
        return ""
    return {"open": "warn", "met": "ok", "dropped": ""}[row.state]


def _changes(row: Any, before: Any, names: dict[Any, str]) -> list[dict[str, str]]:
    nobody = _("nobody by name")
    sides = (
        (_("Why"), before.why, row.why),
        (_("Due"), f"{before.due:%-d %B %Y}", f"{row.due:%-d %B %Y}"),
        (_("For"), before.get_role_display(), row.get_role_display()),
        (
            _("Assigned to"),
            names.get(before.assignee_id, nobody),
            names.get(row.assignee_id, nobody),
        ),
    )
    return [{"label": label, "before": old, "after": new} for label, old, new in sides if old != new]
