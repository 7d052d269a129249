"""Verifying a large ledger, as JSON on standard output: `python -m bench.verify [ENTRIES]`.

It makes a database of its own: as many rows of a history, each with its entry, chained as the trigger does.
The chain is measured as the verifier follows it, from the database.
"""

import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BATCH = 20_000


def measure(number: int) -> dict[str, Any]:
    from django.db import connection, transaction  # Django is set up only now

    from aims.accounts.models import Team, User
    from aims.ledger import checkpoints, guards, proofs, verifier
    from aims.ledger.models import Entry, Tile
    from aims.ledger.verify_ledger import Judge

    person = User.objects.create_user("lead@bench.example", None, name="Lead")
    team = Team.objects.create(slug="team-bench", name="Bench", lead=person)
    with guards.lifted(connection), transaction.atomic():
        _fill(number, team)
    first, first_seconds = _timed(checkpoints.make_checkpoint)
    assert first
    judge = Judge()
    _, chain = _timed(lambda: sum(map(len, verifier.take_chain(judge, number))))
    assert not judge.broken
    report = verifier.verify()
    assert report.status == "ok", report.findings[:3]
    team.save()
    _, next_seconds = _timed(checkpoints.make_checkpoint)
    entry = Entry.objects.get(seq=number // 3)
    proof, proof_seconds = _timed(lambda: proofs.proof_of(entry, first))
    assert proof
    assert proof.holds
    return {
        "entries": judge.count,
        "chain entries/s": round(judge.count / chain),
        "chain and checkpoints entries/s": round(judge.count / report.seconds["chain"]),
        "rows/s": round(report.checked_rows / report.seconds["rows"]),
        "verify s": round(sum(report.seconds.values()), 1),
        "first checkpoint s": round(first_seconds, 2),
        "next checkpoint ms": round(next_seconds * 1000, 1),
        "proof of one entry ms": round(proof_seconds * 1000, 1),
        "tiles": Tile.objects.count(),
    }


def _fill(number: int, team: Any) -> None:
    from django.db import connection

    from aims.ledger import entries, format, rows
    from aims.ledger.models import Entry

    history = type(team).history.model
    table, newest = history._meta.db_table, Entry.objects.first()
    assert newest
    kept = history.objects.filter(id=team.pk).values(*[f.attname for f in history._meta.fields[:-1]]).first()
    fields = {f.attname for f in history._meta.fields} & set(kept) - {"history_id"}
    shape = Entry.objects.filter(table=table).values_list("shape", flat=True)[0]
    seq, previous, columns = newest.seq, bytes(newest.hash), entries.columns_of(connection, table)[1]
    last = history.objects.order_by("-history_id").values_list("history_id", flat=True)[0]
    for start in range(0, number, BATCH):
        history.objects.bulk_create(
            [
                history(**{**{name: kept[name] for name in fields}, "name": f"Bench {n}"})
                for n in range(start, min(start + BATCH, number))
            ],
            batch_size=500,
        )
        made = []
        for key, text in rows.select(connection, table, columns, '"new".history_id > %s', [last]):
            seq += 1
            said: dict[str, Any] = dict(  # noqa: C408  (as the arguments of `format.content`)
                seq=seq, at=AT + dt.timedelta(seconds=seq), table=table, row=key, shape=shape,
                digest=format.row_digest(text), about=f"accounts.team:{team.pk}", actor="", role="|lead|",
                channel="page", act="", reason="",
            )  # fmt: skip
            content = format.content(**said)
            previous = format.link(previous, content)
            made.append(Entry(**said, content=content, hash=previous))
            last = key
        Entry.objects.bulk_create(made, batch_size=500)


def _timed(do: Callable[[], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    return do(), time.perf_counter() - begun


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("AIMS_HOME", home)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        json.dump(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), sys.stdout, indent=1)
