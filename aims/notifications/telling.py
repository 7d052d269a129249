"""`tell`: the one way in which the portal tells people something."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from aims.accounts.models import User
from aims.notifications import kinds
from aims.notifications.models import Notice, Preferences
from aims.notifications.scopes import Scope
from aims.notifications.timing import mail_after

BATCH = 500
"""Rows of one statement."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to be told to one person."""

    recipient: Any
    """The person's id."""
    kind: str
    subject: str
    occasion: str
    """Of the same subject, the same person is told once on one occasion."""
    title: str
    text: str = ""
    url: str = ""
    due: dt.date | None = None
    scope: Scope | None = None


@transaction.atomic
def tell(
    recipients: Iterable[User | None],
    *,
    kind: str,
    subject: str,
    title: str,
    text: str = "",
    url: str = "",
    due: dt.date | None = None,
    scope: Scope | None = None,
    occasion: str = "",
) -> None:
    """Tell people something, within the transaction of what it is about: what is rolled back was never told.

    It stands in their inboxes at once and is mailed as each of them wants. `subject` names what it is about
    (`registry.obligation:12`), `url` is a path of the portal. An `occasion` makes telling the same twice
    harmless; without one each call is an occasion of its own. Two queries, whatever the number of people.
    Raises ValueError for a kind that nobody registered.
    """
    people = {person.pk for person in recipients if person is not None and person.is_active}
    occasion = occasion or uuid.uuid4().hex
    tell_all(
        Message(person, kind, subject, occasion, title, text, url, due, scope) for person in sorted(people)
    )


@transaction.atomic
def tell_all(messages: Iterable[Message]) -> int:
    """Tell many things to many people, as `tell` does; returns how many had not been told before.

    What was told on the same occasion stays as it is. A fixed number of queries for some hundred messages.
    """
    wanted = list(messages)
    if unknown := {message.kind for message in wanted if not kinds.known(message.kind)}:
        raise ValueError(f"No app has registered these kinds of notices: {', '.join(sorted(unknown))}.")
    new = 0
    for start in range(0, len(wanted), BATCH):
        new += _write(wanted[start : start + BATCH])
    return new


def _write(messages: list[Message]) -> int:
    told = _told(messages)
    fresh = [message for message in messages if _key(message) not in told]
    if not fresh:
        return 0
    wishes = preferences_of({message.recipient for message in fresh})
    now, zone = timezone.now(), timezone.get_current_timezone()
    # Somebody else may be telling the same: the database takes it once.
    Notice.objects.bulk_create(
        [_notice(message, wishes[message.recipient], now, zone) for message in fresh], ignore_conflicts=True
    )
    return len(fresh)


def _told(messages: list[Message]) -> set[tuple[Any, ...]]:
    rows = Notice.objects.filter(
        subject__in={message.subject for message in messages},
        occasion__in={message.occasion for message in messages},
    )
    return set(rows.order_by().values_list("recipient", "kind", "subject", "occasion"))


def _key(message: Message) -> tuple[Any, ...]:
    return message.recipient, message.kind, message.subject, message.occasion


def preferences_of(people: Iterable[Any]) -> Mapping[Any, Preferences]:
    """Person's id -> what they wish, or what is usual. One query."""
    wanted = list(people)
    chosen = Preferences.objects.in_bulk(wanted)
    return {person: chosen.get(person) or Preferences(user_id=person) for person in wanted}


def _notice(message: Message, wish: Preferences, now: dt.datetime, zone: dt.tzinfo) -> Notice:
    after = mail_after(wish.mode(message.kind), wish, now, zone)
    return Notice(
        recipient_id=message.recipient,
        kind=message.kind,
        subject=message.subject,
        occasion=message.occasion,
        title=message.title[:300],
        text=message.text,
        url=message.url,
        due=message.due,
        scope=message.scope.name if message.scope else "",
        scope_id=message.scope.id if message.scope else None,
        created_at=now,
        mail=Notice.Mail.WAITING if after else Notice.Mail.NONE,
        deliver_after=after,
    )
