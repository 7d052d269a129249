"""Where processes of a test wait for each other, so that they really do the same at the same time."""

import os
import time

from django.conf import settings


def wait() -> None:
    """Say that this process is here; go on when the test says so, without `AIMS_TEST_TOGETHER` at once."""
    if os.environ.get("AIMS_TEST_TOGETHER"):
        (settings.AIMS_HOME / f"ready-{os.getpid()}").touch()
        while not (settings.AIMS_HOME / "go").exists():
            time.sleep(0.01)
