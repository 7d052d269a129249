"""Reading the past: a million rows of history, as JSON on standard output: `python -m bench.travel [ROWS]`.

Milliseconds are of the database alone, the median of several moments. It makes a database of its own.
"""

import datetime as dt
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

SYSTEMS = 10_000
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAYS = 600


def measure(rows: int) -> dict[str, Any]:
    from aims.accounts.models import Team, User  # Django is set up only now
    from aims.ledger import as_of
    from registry import past
    from registry.models import AISystem

    person = User.objects.create_user("lead@bench.example", None, name="Lead")
    team = Team.objects.create(slug="team-bench", name="Bench", lead=person)
    AISystem.objects.bulk_create(
        [
            AISystem(slug=f"s-{n}", name=f"System {n:05}", team=team, purpose="Sorting")
            for n in range(SYSTEMS)
        ],
        batch_size=500,
    )
    systems = list(AISystem.objects.all())
    history, fields = AISystem.history.model, [f.attname for f in AISystem.history.model.tracked_fields]
    each = rows // SYSTEMS
    for turn in range(each):
        at = FIRST + dt.timedelta(days=DAYS * turn / each)
        history.objects.bulk_create(
            [
                history(**{name: getattr(system, name) for name in fields}, history_date=at, history_type="~")
                for system in systems
            ],
            batch_size=500,
        )
    _analyze()
    chance = random.Random(42001)
    moments = [FIRST + dt.timedelta(days=chance.uniform(1, DAYS)) for _ in range(15)]
    fifty = [system.pk for system in chance.sample(systems, 50)]
    everything = AISystem.objects.all()

    def listed(moment: dt.datetime) -> None:
        found = as_of.rows_at(AISystem, moment, everything).order_by("name", "id")
        past.loaded(list(found.values_list("pk", flat=True)[:50]), moment)

    return {
        "rows": history.objects.count(),
        "page of 50 ms": _median(
            moments, lambda at: list(as_of.rows_at(AISystem, at, everything.filter(pk__in=fifty)))
        ),
        "one of 10,000 ms": _median(moments, lambda at: as_of.row_at(AISystem, at, fifty[0])),
        "10,000 keys ms": _median(
            moments, lambda at: list(as_of.rows_at(AISystem, at, everything).order_by().values_list("pk"))
        ),
        "list of 10,000, sorted, its first page ms": _median(moments, listed),
    }


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _median(moments: list[dt.datetime], read: Callable[[dt.datetime], Any]) -> float:
    """The database's own time of what `read` asks of it."""
    from django.db import connection

    times = []
    for moment in moments:
        spent = 0.0

        def clock(execute: Any, *args: Any) -> Any:
            nonlocal spent
            start = time.perf_counter()
            try:
                return execute(*args)
            finally:
                spent += time.perf_counter() - start

        with connection.execute_wrapper(clock):
            read(moment)
        times.append(spent * 1000)
    return round(statistics.median(times), 2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("AIMS_HOME", home)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        json.dump(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), sys.stdout, indent=1)
