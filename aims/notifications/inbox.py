"""The inbox: what a person was told, and what of it they have read."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.accounts.models import User
from aims.notifications.kinds import Kind, kinds
from aims.notifications.models import Notice, NoticeQuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice as the list shows it."""

    notice: Notice
    kind: Kind
    at: str
    due: str
    tone: str


@dataclass(frozen=True, slots=True)
class Inbox:
    page: Page[Notice]
    unread_only: bool
    kind: str
    kinds: list[Kind]

    @property
    def active(self) -> bool:
        return self.unread_only or bool(self.kind)

    @property
    def entries(self) -> Iterator[Entry]:
        today = timezone.localdate()
        return (_entry(notice, today) for notice in self.page)


def inbox(user: User, params: QueryDict) -> Inbox:
    """The notices that the address asks for, newest first. Two queries."""
    known = sorted(kinds(), key=lambda kind: str(kind.title))
    wanted = params.get("kind", "")
    kind = wanted if wanted in {each.key for each in known} else ""
    found = _filtered(user, kind=kind, unread=bool(params.get("unread"))).order_by("-created_at", "-pk")
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    return Inbox(page, bool(params.get("unread")), kind, known)


def _filtered(user: User, *, kind: str, unread: bool) -> NoticeQuerySet:
    found = Notice.objects.visible_to(user)
    if unread:
        found = found.unread()
    return found.filter(kind=kind) if kind else found


@transaction.atomic
def mark_read(user: User, pk: int) -> Notice | None:
    """Note that the person has read one of their notices; None where there is none such."""
    notice = Notice.objects.visible_to(user).filter(pk=pk).first()
    if notice is not None and notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return notice


@transaction.atomic
def mark_all_read(user: User, *, kind: str = "") -> int:
    """Note that the person has read everything, or everything of a kind; returns how many were unread."""
    found = _filtered(user, kind=kind, unread=True).values("pk")
    return Notice.objects.filter(pk__in=list(found.values_list("pk", flat=True))).update(
        read_at=timezone.now()
    )


def _entry(notice: Notice, today: dt.date) -> Entry:
    due, tone = due_words(notice.due, today) if notice.due else ("", "mute")
    at = timezone.localtime(notice.created_at)
    return Entry(notice, notice.about, f"{at:%-d %b %Y, %H:%M}", due, tone)


def due_words(day: dt.date, today: dt.date) -> tuple[str, Any]:
    """How far off a due date is on the day, and the tone of its badge."""
    days = (day - today).days
    if days < 0:
        return ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}, "bad"
    if days == 0:
        return _("Due today"), "warn"
    return ngettext("Due in %(n)d day", "Due in %(n)d days", days) % {
        "n": days
    }, "warn" if days <= 7 else "mute"
