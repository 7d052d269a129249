"""Queries and CPU time of the pages that people open most, for companies of several sizes."""

import gc
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
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
        call_command("load_catalogue", verbosity=0, stdout=io.StringIO())
        started = time.perf_counter()
        staff = company.build(size)
        built = time.perf_counter() - started
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        pages = {
            f"{who}: {url}": _page(url, staff[who])
            for who, url in (
                ("lead", "/"),
                ("dpo", "/"),
                ("cto", "/"),
                ("owner", "/"),
                ("lead", "/search/?q=fraud+42&format=json"),
                ("lead", "/search/?q=zebra&format=json"),
                ("owner", "/search/?q=fraud&format=json"),
                ("lead", "/search/?q=fraud"),
                ("lead", "/systems/"),
                ("lead", "/systems/?awaits=dpo"),
                ("owner", "/systems/"),
                ("lead", "/systems/?q=fraud&stage=production&sort=-changed"),
                ("lead", "/systems/?page=150"),
                ("lead", "/systems/system-00042/"),
                ("dpo", "/systems/system-00042/"),
                ("lead", "/systems/system-00042/history/"),
                ("lead", "/systems/system-00042/why/"),
                ("lead", "/start/"),
                ("owner", "/help/"),
                ("owner", "/help/gate/"),
                ("dpo", "/decisions/system/system-00042/"),
                ("dpo", "/work/"),
                ("owner", "/work/"),
                ("lead", "/work/"),
                ("lead", "/work/?kind=monitoring&due=overdue&q=fraud&sort=system"),
                ("auditor", "/work/?page=200"),
                ("lead", "/work/1/"),
                ("lead", "/assessments/"),
                ("auditor", "/controls/"),
                ("auditor", "/policies/"),
            )
        }
        result = {"build_s": round(built, 1), "pages": pages, "verdicts": _verdicts()}
        connections.close_all()
        return result


def _page(url: str, user: Any) -> dict[str, Any]:
    from django.test import Client

    client = Client(raise_request_exception=True)
    client.force_login(user, backend="aims.accounts.backends.RoleBackend")
    answer = client.get(url)
    if answer.status_code != 200:
        return {"status": answer.status_code}
    queries = _queries(lambda: client.get(url))
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        client.get(url)
        times.append(1000 * (time.process_time() - started))
    return {
        "queries": queries,
        "cpu_ms": round(statistics.median(times), 1),
        "kilobytes": round(len(answer.content) / 1024, 1),
    }


def _queries(work: Callable[[], Any]) -> int:
    """How many statements the work sends. Django's own log is emptied at the start of each request."""
    from django.db import connection

    count = 0

    def counting(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*args)

    with connection.execute_wrapper(counting):
        work()
    return count


def _verdicts() -> dict[str, Any]:
    from registry import gate
    from registry.models import AISystem

    answers: dict[int, Any] = {}
    started, cpu = time.perf_counter(), time.process_time()
    queries = _queries(
        lambda: answers.update(gate.judge_all(list(AISystem.objects.prefetch_related("team"))))
    )
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    found: dict[str, int] = {}
    for answer in answers.values():
        found[answer.verdict] = found.get(answer.verdict, 0) + 1
    return {
        "systems": len(answers),
        "verdicts": found,
        "queries": queries,
        "wall_s": round(seconds, 2),
        "cpu_s": round(cpu_seconds, 2),
    }


def main(work: Callable[[], dict[str, Any]] = measure) -> dict[str, Any]:
    """What the work finds, in a portal that is set up for it."""
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
        gc.collect()
        gc.freeze()  # as aims.wsgi does
        return work()


if __name__ == "__main__":
    import json

    print(json.dumps(main(), indent=1))
