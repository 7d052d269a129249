"""What the ledger costs whoever saves, as JSON on standard output: `python -m bench.ledger`.

The same saves with the ledger's triggers and without them, in turns, on SQLite and on PostgreSQL; there also
with eight writers at once, each a process. Milliseconds are those of one save in a transaction of its own;
the mean has the database's own housekeeping in it, which comes now and then.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

SAVES, TURNS = 100, 12
WRITERS, SECONDS = 8, 4.0


def measure() -> dict[str, Any]:
    """Of the database that the environment names; made from nothing."""
    from django.core.management import call_command
    from django.db import connection, connections

    from aims.accounts.models import Team, User
    from registry.models import AISystem

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("lead@bench.example", None, name="Lead")
    team = Team.objects.create(slug="team-bench", name="Bench", lead=person)
    systems = [AISystem.objects.create(slug=f"s-{n}", name=f"System {n}", team=team) for n in range(WRITERS)]
    cost: dict[bool, list[float]] = {True: [], False: []}
    for _turn in range(TURNS):
        for held in (True, False):
            _triggers(held)
            for number in range(SAVES):
                started = time.perf_counter()
                _save(systems[0], number)
                cost[held].append(1000 * (time.perf_counter() - started))
    result: dict[str, Any] = {}
    for name, average in (("median", statistics.median), ("mean", statistics.mean)):
        with_it, without = average(cost[True]), average(cost[False])
        result[f"{name}_save_ms"] = round(with_it, 3)
        result[f"{name}_save_ms_without_ledger"] = round(without, 3)
        result[f"{name}_ledger_ms"] = round(with_it - without, 3)
    if connection.vendor == "postgresql":
        connections.close_all()
        rates: dict[bool, list[float]] = {True: [], False: []}
        for _turn in range(2):
            for held in (True, False):
                _triggers(held)
                rates[held].append(_eight_writers())
        _triggers(True)
        result["writers"] = WRITERS
        result["saves_per_s"] = round(max(rates[True]))
        result["saves_per_s_without_ledger"] = round(max(rates[False]))
        result["share"] = round(max(rates[True]) / max(rates[False]), 2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*), MAX(seq) FROM ledger_entry")
            result["entries"], result["last"] = cursor.fetchone()
    return result


def _save(system: Any, number: int) -> None:
    from django.db import transaction

    from aims.ledger import trail

    with transaction.atomic():
        system.endpoint = f"https://example.com/{number}"
        trail.save(system, by=None, reason="Measured")


def _triggers(held: bool) -> None:
    """Put the ledger's trigger on the history of systems, or take it away; and with it what tells this
    connection who is acting."""
    from django.db import connection

    from aims.ledger import guards
    from aims.ledger.entries import EntryTrigger

    connection.ensure_connection()
    _hooks.extend(connection.execute_wrappers)
    del connection.execute_wrappers[:]
    if held:
        connection.execute_wrappers.append(_hooks[0])
    trigger = EntryTrigger("registry_historicalaisystem")
    with connection.cursor() as cursor:
        cursor.execute(guards.drop(trigger.name, trigger.table, connection.vendor))
        if held:
            for statement in trigger.create(connection):
                cursor.execute(statement)


_hooks: list[Any] = []


def _eight_writers() -> float:
    """Saves a second that processes make together."""
    begin = time.time() + 20  # until then all of them are up
    command = [sys.executable, "-m", "bench.ledger", "--write", str(begin)]
    children = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(WRITERS)
    ]
    return sum(float(child.communicate()[0]) for child in children)


def write(begin: float, number: int) -> float:
    """One writer: saves a second, from the moment on that all begin."""
    from registry.models import AISystem

    system = AISystem.objects.get(slug=f"s-{number}")
    if time.time() > begin:
        raise SystemExit("This writer came up too late: the machine is too busy to measure.")
    time.sleep(begin - time.time())
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        _save(system, count)
        count += 1
    return count / (time.perf_counter() - started)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
    import django

    django.setup()


if __name__ == "__main__":
    if "--write" in sys.argv:
        _set_up()
        sys.stdout.write(str(write(float(sys.argv[-2]), int(sys.argv[-1]))))
    elif "--here" in sys.argv:
        _set_up()
        print(json.dumps(measure()))
    else:
        found = {}
        for vendor, before in (("sqlite", []), ("postgresql", [sys.executable, "-m", "tests.postgres"])):
            with tempfile.TemporaryDirectory() as home:
                environment = {**os.environ, "AIMS_HOME": home}
                environment.pop("DATABASE_URL", None)
                done = subprocess.run(
                    [*before, sys.executable, "-m", "bench.ledger", "--here"],
                    env=environment, capture_output=True, text=True, check=False,
                )  # fmt: skip
                if done.returncode:
                    raise SystemExit(done.stderr)
                found[vendor] = json.loads(done.stdout.splitlines()[-1])
        print(json.dumps(found, indent=1))
