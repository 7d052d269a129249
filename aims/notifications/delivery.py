"""The deliverer: mails what waits. A mail may go out twice where a process dies at the wrong moment, never
not at all; it carries the same Message-ID then, by which mail programs show it once.

All that waits for one person at one moment goes in one e-mail: a daily digest is nothing but a moment at
which more has come together. Which notices make up a mail is settled when it is first taken (`message_id`).
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from aims.accounts.models import User
from aims.notifications.kinds import Mode
from aims.notifications.letters import letter, message_id
from aims.notifications.models import Notice, Preferences
from aims.notifications.telling import preferences_of
from aims.notifications.timing import after_quiet

_log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)
"""How long whoever took a person's mail has to send it. A mail server answers within `EMAIL_TIMEOUT`."""

MOST_ATTEMPTS = 10
"""After that it stands among the mails that could not be sent, for an administrator to see."""

TOGETHER = 50
"""Notices in one e-mail; what is more goes into the next."""

Mail = Notice.Mail


@dataclass(slots=True)
class Delivered:
    """What came of a run."""

    mails: int = 0
    notices: int = 0
    dropped: int = 0
    """Read already, or about what the person may no longer see, or not wanted any more."""
    failed: int = 0
    """Mails that will be tried again, or were given up."""
    unreachable: str = ""
    """Why the mail server could not be reached at all; the run ended there."""
    identities: list[str] = field(default_factory=list)


def deliver(*, lease: dt.timedelta = LEASE, most: int = 500) -> Delivered:
    """Send what is to go out by now, to at most so many people. Any number of processes may do it at once."""
    done = Delivered()
    connection = get_connection()
    try:
        for person, notices in _taken(lease, most):
            if not _send_all(person, notices, connection, done):
                break
    finally:
        with suppress(OSError):
            connection.close()
    return done


def _taken(lease: dt.timedelta, most: int) -> Iterator[tuple[User, list[Notice]]]:
    """Person after person for whom something waits, with all of it; nobody else takes it meanwhile."""
    for _turn in range(most):
        taken = _take(lease)
        if taken is None:
            return
        yield taken


@transaction.atomic
def _take(lease: dt.timedelta) -> tuple[User, list[Notice]] | None:
    """Take one person's mail: the person's row is locked for this moment, so that a mail is never divided
    between two processes; that the lease lasts is seen to by `deliver_after`."""
    now = timezone.now()
    waiting = Notice.objects.to_mail(now)
    locked = User.objects.select_for_update(skip_locked=True, no_key=True)
    person = locked.filter(Exists(waiting.filter(recipient=OuterRef("pk")))).order_by("pk").first()
    if person is None:
        return None
    notices = list(waiting.filter(recipient=person).order_by("pk"))
    known = [notice.message_id for notice in notices if notice.message_id]
    fresh = [notice for notice in notices if not notice.message_id]
    for start in range(0, len(fresh), TOGETHER):
        together = fresh[start : start + TOGETHER]
        identity = message_id(together[0])
        for notice in together:
            notice.message_id = identity
        keys = [notice.pk for notice in together]
        Notice.objects.filter(pk__in=keys).update(message_id=identity)
        known.append(identity)
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        attempts=F("attempts") + 1, deliver_after=now + lease
    )
    for notice in notices:
        notice.attempts += 1
    return person, notices


def _send_all(person: User, notices: list[Notice], connection: Any, done: Delivered) -> bool:
    """Send a person's mails; whether the mail server can still be reached."""
    wanted = _sorted_out(person, notices, done)
    mails: dict[str, list[Notice]] = {}
    for notice in wanted:
        mails.setdefault(notice.message_id, []).append(notice)
    for identity, together in mails.items():
        try:
            connection.open()
        except OSError as error:  # smtplib's errors are OSErrors, too
            _log.warning("The mail server does not answer: %s", error)
            _failed(together, error, done)
            done.unreachable = str(error)
            return False
        try:
            letter(person, together, identity=identity, connection=connection).send()
        except Exception as error:
            # Whatever is wrong with this one, the others must not wait behind it for ever.
            _log.warning("The mail %s was not sent: %s", identity, error)
            _failed(together, error, done)
            with suppress(OSError):
                connection.close()
        else:
            _mark(together, mail=Mail.SENT, mailed_at=timezone.now(), error="")
            done.mails += 1
            done.notices += len(together)
            done.identities.append(identity)
    return True


def _sorted_out(person: User, notices: list[Notice], done: Delivered) -> list[Notice]:
    """Those that are still to be mailed now. Rights, wishes and quiet hours are asked anew."""
    wish: Preferences = preferences_of([person.pk])[person.pk]
    now = timezone.now()
    visible = set(
        Notice.objects.visible_to(person)
        .filter(pk__in=[notice.pk for notice in notices])
        .values_list("pk", flat=True)
    )
    unread = set(
        Notice.objects.unread().filter(pk__in=[notice.pk for notice in notices]).values_list("pk", flat=True)
    )
    dropped = [
        notice
        for notice in notices
        if notice.pk not in visible & unread or wish.mode(notice.kind) is Mode.INBOX
    ]
    if dropped:
        _mark(dropped, mail=Mail.DROPPED)
        done.dropped += len(dropped)
    wanted = [notice for notice in notices if notice not in dropped]
    later = after_quiet(now, wish, timezone.get_current_timezone())
    if wanted and later > now:
        _mark(wanted, deliver_after=later, attempts=F("attempts") - 1)
        return []
    return wanted


def _failed(notices: Sequence[Notice], error: BaseException, done: Delivered) -> None:
    """Try again after 1, 2, 4 … minutes, an hour at most; in the end say so where somebody looks."""
    done.failed += 1
    attempts = max(notice.attempts for notice in notices)
    text = f"{type(error).__name__}: {error}"[:1000]
    if attempts >= MOST_ATTEMPTS:
        _log.error("The mail %s was given up after %d attempts: %s", notices[0].message_id, attempts, text)
        _mark(notices, mail=Mail.FAILED, error=text)
    else:
        wait = dt.timedelta(minutes=min(60, 2 ** (attempts - 1)))
        _mark(notices, deliver_after=timezone.now() + wait, error=text)


def _mark(notices: Sequence[Notice], **values: Any) -> None:
    """Write what came of this process's turn; nothing where another one has had its turn since."""
    turns: dict[int, list[int]] = {}
    for notice in notices:
        turns.setdefault(notice.attempts, []).append(notice.pk)
    with transaction.atomic():
        for attempts, keys in turns.items():
            rows = Notice.objects.filter(pk__in=keys, attempts=attempts, mail=Mail.WAITING)
            rows.update(**values)


@transaction.atomic
def try_again() -> int:
    """Give mails that could not be sent another round; returns how many notices are in them."""
    return Notice.objects.filter(mail=Mail.FAILED).update(
        mail=Mail.WAITING, attempts=0, deliver_after=timezone.now()
    )
