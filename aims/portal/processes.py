"""What the processes of `manage.py serve` are to each other."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG = 1

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds before a process that died is started again; twice as long each time, up to this."""


def hear_parent_alone(parent: int | None = None) -> None:
    """Let this process end by its parent's word only: when the parent asks for it, and when the parent dies.

    Ctrl+C goes to the whole process group of a terminal. granian's worker would hear it twice, from there and
    from its parent, and hang on the second time; so it leaves the group. That it ends when the parent is
    killed is Linux's doing (prctl(2)); elsewhere a killed parent leaves its children running. A parent that
    was killed before it could be listened to is noticed by its number.
    """
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        sys.exit(0)


class Companion:
    """A process that runs beside this one, is started again when it dies, and stops with it."""

    def __init__(self, command: list[str], name: str, tell: Callable[[str], object]) -> None:
        """`tell` is given one line whenever the process has died.

        The command gets `--parent` and the number of this process, and calls `hear_parent_alone` with it.
        """
        self._command, self._name, self._tell = command, name, tell
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        # Linux ends a child when the *thread* that started it ends: this one lives as long as the process.
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self, patience: float = 25) -> None:
        """Ask it to stop, and end it after that many seconds."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen([*self._command, "--parent", str(os.getpid())])  # noqa: S603
            born = time.monotonic()
            status = self._process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - born > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self._tell(f"The {self._name} ended ({status}). It is started again in {pause:.0f} s.")
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
