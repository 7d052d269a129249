"""E-mails made of notices: plain text, nothing from elsewhere, and a Message-ID that stays the same."""

import hashlib
from collections.abc import Sequence
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.notifications import unsubscribing
from aims.notifications.kinds import kind_of
from aims.notifications.models import Notice


def message_id(first: Notice) -> str:
    """The Message-ID of the e-mail that a notice is the first of; the same however often it is sent.

    A digest of the key hides how many notices there are; the secret keeps it from being guessed.
    """
    made = hashlib.sha256(f"{settings.SECRET_KEY}notice:{first.pk}".encode()).hexdigest()[:32]
    return f"<{made}@{urlsplit(settings.AIMS_URL).hostname or make_msgid().rpartition('@')[2].rstrip('>')}>"


def letter(person: User, notices: Sequence[Notice], *, identity: str, connection: Any = None) -> EmailMessage:
    """One e-mail with one notice or several, each with its way into the portal and out of its kind."""
    kinds = {notice.kind: kind_of(notice.kind) for notice in notices}
    optional = [kind for kind in kinds.values() if not kind.must]
    links = {kind.key: settings.AIMS_URL + unsubscribing.address(person, kind.key) for kind in optional}
    context = {
        "person": person,
        "notices": [(notice, _link(notice)) for notice in notices],
        "one": notices[0] if len(notices) == 1 else None,
        "must": len(optional) < len(kinds),
        "ways_out": [(kind.title, links[kind.key]) for kind in optional],
        "inbox": settings.AIMS_URL + reverse("inbox"),
        "choices": settings.AIMS_URL + reverse("notice-preferences"),
    }
    headers = {"Message-ID": identity, "Auto-Submitted": "auto-generated"}
    if len(kinds) == 1 and optional:
        headers |= {
            "List-Unsubscribe": f"<{links[optional[0].key]}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return EmailMessage(
        _subject(notices),
        render_to_string("notifications/email.txt", context),
        to=[person.email],
        headers=headers,
        connection=connection,
    )


def _subject(notices: Sequence[Notice]) -> str:
    """One line, whatever stands in a title: a line break in it would begin a header of somebody else's."""
    line = " ".join(notices[0].title.split())
    if len(notices) == 1:
        return line
    return _("%(number)d notices: %(first)s, …") % {"number": len(notices), "first": line}


def _link(notice: Notice) -> str:
    """Straight to what it is about; what is opened so counts as read there (`static/js/notice.js`)."""
    path = notice.url or reverse("inbox")
    mark = f"{'&' if '?' in path else '?'}notice={notice.pk}"
    page, hash_sign, anchor = path.partition("#")
    return f"{settings.AIMS_URL}{page}{mark}{hash_sign}{anchor}"
