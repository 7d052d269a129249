"""E-mails as files, with a note of every time that one was sent, and a place to be killed at."""

import os
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from aims.notifications import files
from tests.notifications.staging import barrier

THIRD = 3


class EmailBackend(files.EmailBackend):
    """With `AIMS_TEST_HALT` it stands still at its third e-mail: `before` that is sent or right `after`, when
    it is gone and nobody was told so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = 0
        barrier.wait()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        time.sleep(0.02)  # a mail server takes its time
        self._turn += 1
        self._halt("before")
        number = super().send_messages(email_messages)
        with (settings.AIMS_HOME / "sent").open("a") as log:
            log.writelines(f"{message.extra_headers['Message-ID']}\n" for message in email_messages)
        self._halt("after")
        return number

    def _halt(self, place: str) -> None:
        if self._turn == THIRD and os.environ.get("AIMS_TEST_HALT") == place:
            (settings.AIMS_HOME / f"halted-{os.getpid()}").touch()
            time.sleep(600)
