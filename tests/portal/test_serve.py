"""`manage.py serve` as a process of its own: it comes up, refuses what cannot work, leaves nobody behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTED = re.compile(r"runs at (http://\S+)")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home with the embedded database, whatever database the tests themselves run on."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {"AIMS_HOME": str(tmp_path / "home"), "AIMS_WELCOME": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


@pytest.fixture
def portal(environment: dict[str, str], port: int) -> Iterator["subprocess.Popen[str]"]:
    """A portal that has come up, empty."""
    running = subprocess.Popen(
        command("serve", "--prepare", "--port", str(port)),
        env=environment,
        start_new_session=True,  # as a terminal does: Ctrl+C reaches the whole group
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert running.stdout
        said = ""
        for line in running.stdout:
            said += line
            if STARTED.search(line):
                break
        else:
            pytest.fail(f"It did not start:\n{said}")
        until(lambda: answers(port), "the portal answers")
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout  # not read to its end: a worker that lives on would hold it open
        running.stdout.close()


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that another process does; it has half a minute on a busy machine."""
    deadline = time.monotonic() + 30
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"It never happened that {what}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def gone(pid: int) -> bool:
    """Whether the process is over; one that only waits to be reaped is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def fetch(port: int, path: str) -> tuple[int, str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.status, answer.url, answer.read().decode()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="processes are watched through /proc"
)


@needs_proc
def test_an_empty_portal_serves_the_welcome_page_and_its_styles_and_dies_as_a_whole(
    portal: "subprocess.Popen[str]", port: int
) -> None:
    status, url, page = fetch(port, "/")
    assert status == 200
    assert url.endswith("/welcome/")
    [stylesheet, *_others] = re.findall(r'href="(/static/css/[^"]+\.css)"', page)
    assert fetch(port, stylesheet)[0] == 200

    workers = children(portal.pid)
    assert workers
    portal.send_signal(signal.SIGKILL)  # the parent has no chance to stop its children
    portal.wait()
    until(lambda: all(map(gone, workers)), "the workers end with their parent")


@needs_proc
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_what_stops_a_whole_process_group_end_it(
    stop: signal.Signals, portal: "subprocess.Popen[str]", port: int
) -> None:
    assert fetch(port, "/healthz")[0] == 200
    workers = children(portal.pid)
    os.killpg(portal.pid, stop)
    assert portal.wait(timeout=30) == 0
    assert all(map(gone, workers))


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*arguments), env=environment, capture_output=True, text=True, check=False)


def test_a_busy_port_is_said_before_anything_is_touched(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run(environment, "serve", "--prepare", "--port", str(port))
    assert answer.returncode == 1
    assert f"PORT={port + 1}" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "home" / "db.sqlite3").exists()


def test_a_database_without_tables_is_refused_with_what_to_do(environment: dict[str, str], port: int) -> None:
    answer = run(environment, "serve", "--port", str(port))
    assert answer.returncode == 1
    assert "manage.py migrate" in answer.stderr


def test_a_database_without_its_guards_is_refused(environment: dict[str, str], port: int) -> None:
    run(environment, "migrate", "-v0")
    lift = "from django.db import connection; from aims.ledger import guards; guards.lift(connection)"
    run(environment, "shell", "-c", lift)
    answer = run(environment, "serve", "--port", str(port))
    assert answer.returncode == 1
    assert "aims.E001" in answer.stderr
