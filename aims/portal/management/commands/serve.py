"""`manage.py serve`: the portal on this machine, in one process group."""

import argparse
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from aims.accounts.views import welcome_is_due
from aims.jobs.embedded import work
from aims.portal.processes import Companion, hear_parent_alone

WORKER = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve", "--only", "worker"]


class Command(BaseCommand):
    help = "Serves the portal. With --prepare it first brings the database and static files up to date."
    requires_system_checks = []  # done below, with those that need the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--prepare", action="store_true", help="migrate, collect static files, load the catalogue"
        )
        parser.add_argument(
            "--only",
            choices=["web", "worker"],
            help="only the pages, or only the worker with the scheduler (default: both)",
        )
        parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
        parser.add_argument("--demo", action="store_true", help="fill an empty portal with the demo company")

    def handle(
        self,
        *args: Any,
        host: str,
        port: int,
        prepare: bool,
        demo: bool,
        only: str | None,
        parent: int | None,
        **options: Any,
    ) -> None:
        if only == "worker":
            if parent:
                hear_parent_alone(parent)
            refuse_missing_migrations()
            sys.exit(work())
        refuse_busy_port(host, port)
        if prepare:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            call_command("load_catalogue", stdout=self.stderr)
        refuse_missing_migrations()
        self.check(databases=["default"])
        if demo:
            call_command("demo", if_empty=True, stdout=self.stdout, stderr=self.stderr)
        elif welcome_is_due():
            self.stdout.write("The portal is empty. Open it to make the administrator's account.")
        self.stdout.write(f"The portal runs at http://{host}:{port} (Ctrl+C stops it)", self.style.SUCCESS)
        self.stdout.flush()
        leave_no_connections()
        worker = Companion(WORKER, "worker", self.stderr.write)
        if only is None:
            worker.start()
        try:
            server(host, port).serve(target_loader=load)
        finally:
            worker.stop()


def refuse_busy_port(host: str, port: int) -> None:
    """Say clearly that somebody else has the port, before anything else is done."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise CommandError(f"{port} is not a port; choose one between 1024 and 65535.") from None
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what runs there, "
                f"or choose another one: make run PORT={port + 1}"
            ) from None


def refuse_missing_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(
            "The database is not up to date. Run `manage.py migrate`, or serve with --prepare."
        )


def leave_no_connections() -> None:
    """The worker is forked: it must not share a connection with this process."""
    for each in connections.all(initialized_only=True):
        each.close()
        if each.vendor == "postgresql":
            each.close_pool()  # type: ignore[attr-defined]


def server(host: str, port: int) -> MPServer:
    """One worker process: SQLite has one writer at a time, and threads share what was loaded."""
    return MPServer(
        "aims.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=min(8, 2 * (os.cpu_count() or 1)),
        websockets=False,
        log_level=LogLevels.warning,
    )


def load(target: str) -> Callable[..., Any]:
    """The application, loaded in the worker process."""
    hear_parent_alone()
    return get_wsgi_application()
