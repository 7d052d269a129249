"""E-mails as files, where no mail server is set: one file a message, and a page that shows them.

A message that is sent twice is one file: its name comes from the Message-ID.
"""

import datetime as dt
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

BACKEND = "aims.notifications.files.EmailBackend"

_NAME = re.compile(r"^[0-9a-f]{32}$")


class EmailBackend(BaseEmailBackend):
    """Django's way out for e-mails, into `EMAIL_FILE_PATH`."""

    def open(self) -> bool:
        Path(settings.EMAIL_FILE_PATH).mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.open()
        for message in email_messages:
            made = message.message()
            _write(Path(settings.EMAIL_FILE_PATH), str(made["Message-ID"]), made.as_bytes())
        return len(email_messages)


def _write(folder: Path, identity: str, content: bytes) -> None:
    """The file is there whole or not at all, also when the process dies meanwhile."""
    name = hashlib.sha256(identity.encode()).hexdigest()[:32]
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        file.write(content)
    os.replace(file.name, folder / f"{name}.eml")


@dataclass(frozen=True, slots=True)
class Written:
    """One e-mail in the folder."""

    name: str
    subject: str
    to: str
    at: dt.datetime
    text: str = ""


def in_use() -> bool:
    return bool(settings.EMAIL_BACKEND == BACKEND)


def newest(limit: int) -> list[Written]:
    """The e-mails written last, newest first, without their texts."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        files = [(entry.stat().st_mtime, entry.path) for entry in entries if entry.name.endswith(".eml")]
    return [_read(Path(path)) for _time, path in sorted(files, reverse=True)[:limit]]


def find(name: str) -> Written | None:
    """One e-mail with its text; None if there is none of that name."""
    path = Path(settings.EMAIL_FILE_PATH) / f"{name}.eml"
    return _read(path, text=True) if _NAME.match(name) and path.is_file() else None


def _read(path: Path, *, text: bool = False) -> Written:
    parsed: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Written(
        name=path.stem,
        subject=str(parsed["Subject"] or ""),
        to=str(parsed["To"] or ""),
        at=dt.datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone()),
        text=_text(parsed) if text else "",
    )


def _text(parsed: Parsed) -> str:
    """The plain text alone: an HTML part could bring what no page of ours may show."""
    body = parsed.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""
