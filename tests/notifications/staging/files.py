"""E-mails as files, with a note of every time that one was sent, and a place to be killed at."""

import os
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from aims.notifications import files
from tests.notifications.staging import barrier


class EmailBackend(files.EmailBackend):
    """With `AIMS_TEST_HALT` set to a number, it stands still once it has sent so many e-mails: they are gone,
    and nobody was told so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sent = 0
        barrier.wait()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        time.sleep(0.02)  # a mail server takes its time
        number = super().send_messages(email_messages)
        with (settings.AIMS_HOME / "sent").open("a") as log:
            log.writelines(f"{message.extra_headers['Message-ID']}\n" for message in email_messages)
        self._sent += number
        if self._sent == int(os.environ.get("AIMS_TEST_HALT", "0")):
            (settings.AIMS_HOME / f"halted-{os.getpid()}").touch()
            time.sleep(600)
        return number
