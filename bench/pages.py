"""Queries and CPU time of the pages that people open most, for companies of several sizes."""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

RUNS = 30


def measure(sizes: tuple[int, ...] = (100, 10_000)) -> dict[str, Any]:
    """Page -> size -> {queries, cpu_ms}; and the time that all verdicts take. On SQLite, in this process."""
    return {str(size): _company(size) for size in sizes}


def _company(size: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection, connections

    from bench import company

    with tempfile.TemporaryDirectory() as folder:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = Path(folder) / "db.sqlite3"
        call_command("migrate", verbosity=0)
        call_command("load_catalogue", verbosity=0)
        started = time.perf_counter()
        staff = company.build(size)
        built = time.perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        pages = {
            f"{who}: {url}": _page(url, staff[who])
            for who, url in (
                ("lead", "/systems/"),
                ("owner", "/systems/"),
                ("lead", "/systems/?q=fraud&stage=production&sort=-changed"),
                ("lead", "/systems/?page=150"),
                ("lead", "/systems/system-00042/"),
                ("dpo", "/systems/system-00042/"),
                ("lead", "/systems/system-00042/history/"),
                ("dpo", "/decisions/system/system-00042/"),
                ("dpo", "/work/"),
                ("owner", "/work/"),
                ("lead", "/assessments/"),
                ("auditor", "/controls/"),
                ("auditor", "/policies/"),
            )
        }
        result = {"build_s": round(built, 1), "pages": pages, "verdicts": _verdicts()}
        connections.close_all()
        return result


def _page(url: str, user: Any) -> dict[str, Any]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(raise_request_exception=True)
    client.force_login(user, backend="aims.accounts.backends.RoleBackend")
    answer = client.get(url)
    if answer.status_code != 200:
        return {"status": answer.status_code}
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        client.get(url)
        times.append(1000 * (time.process_time() - started))
    return {
        "queries": len(queries),
        "cpu_ms": round(statistics.median(times), 1),
        "kilobytes": round(len(answer.content) / 1024, 1),
    }


def _verdicts() -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from registry import gate
    from registry.models import AISystem

    started, cpu = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        answers = gate.judge_all(list(AISystem.objects.select_related("team")))
    found: dict[str, int] = {}
    for answer in answers.values():
        found[answer.verdict] = found.get(answer.verdict, 0) + 1
    return {
        "systems": len(answers),
        "verdicts": found,
        "queries": len(queries),
        "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
    }


def main() -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
    os.environ.pop("DATABASE_URL", None)
    import django

    with tempfile.TemporaryDirectory() as home:
        os.environ["AIMS_HOME"] = home
        django.setup()
        from django.conf import settings

        settings.STORAGES = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        }
        settings.ALLOWED_HOSTS = ["testserver"]
        return measure()


if __name__ == "__main__":
    import json

    print(json.dumps(main(), indent=1))
