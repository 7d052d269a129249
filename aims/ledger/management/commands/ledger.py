"""`manage.py ledger verify|reconcile|checkpoint|export|key`. Exit 0: fine; 1: findings; 2: unusable input."""

import datetime as dt
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError

from aims.ledger import checkpoints, exports, keys, reconcile, verifications
from aims.ledger.models import Entry
from aims.ledger.notes import NoteError


class Command(BaseCommand):
    help = "Verifies the ledger, signs checkpoints of it, and shows the key that verifies them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        verify = commands.add_parser("verify", help="say what was changed, if anything")
        verify.add_argument("--since", default="1", help="read rows of entries from this number or date on")
        verify.add_argument("--checkpoint", action="append", default=[], help="a checkpoint kept elsewhere")
        verify.add_argument("--json", action="store_true")
        checkpoint = commands.add_parser("checkpoint", help="sign and publish what is new")
        checkpoint.add_argument("--json", action="store_true")
        export = commands.add_parser("export", help="write what verify_ledger.py verifies without the portal")
        export.add_argument("--out", type=Path, help="the file; standard output without it")
        export.add_argument("--since", default="1", help="begin with this number or day")
        export.add_argument("--json", action="store_true", help="nothing else is written: JSON, line by line")
        compare = commands.add_parser("reconcile", help="compare the rows in use with their newest history")
        compare.add_argument("--json", action="store_true")
        key = commands.add_parser("key", help="show the verifier key")
        key.add_argument("--new", action="store_true", help="print a new private key instead")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        try:
            getattr(self, f"_{command}")(**options)
        except (ImproperlyConfigured, NoteError, OSError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        except checkpoints.CheckpointError as error:
            raise CommandError(str(error), returncode=1) from error

    def _verify(self, since: str, checkpoint: list[str], json: bool, **_: Any) -> None:
        outside = [(Path(name).read_text(), f"the checkpoint {name}") for name in checkpoint]
        report = verifications.verify(_entry_since(since), outside)
        if json:
            self.stdout.write(_dumps(report.as_dict()))
        else:
            words = {"ok": "All as written", "failed": "CHANGED", "empty": "Nothing to verify"}
            self.stdout.write(
                f"{words[report.status]}: {report.entries} entries, {report.checked_rows} rows."
            )
            for finding in report.findings:
                self.stdout.write(f"  {finding.kind}: {finding.message}")
        if report.findings:
            sys.exit(1)

    def _checkpoint(self, json: bool, **_: Any) -> None:
        made = checkpoints.make_checkpoint()
        newest = made or checkpoints.newest()
        if json:
            self.stdout.write(checkpoints.as_json(newest))
        elif newest is None:
            self.stdout.write("The ledger is empty: there is nothing to sign.")
        else:
            if made is None:
                self.stderr.write("Nothing is new since this checkpoint.")
            self.stdout.write(newest.note, ending="")

    def _export(self, out: Path | None, since: str, **_: Any) -> None:
        lines = exports.lines(min(_entry_since(since), _entries() + 1))
        if out is None:
            for line in lines:
                self.stdout.write(line)
            return
        with out.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        self.stderr.write(f"Verify it with: python {exports.SCRIPT.name} {out.name} --key …")

    def _reconcile(self, json: bool, **_: Any) -> None:
        found = reconcile.reconcile()
        if json:
            self.stdout.write(_dumps({"discrepancies": [each.as_dict() for each in found]}))
        else:
            self.stdout.write("\n".join(map(str, found)) if found else "Every row is what its history says.")
        if found:
            sys.exit(1)

    def _key(self, new: bool, **_: Any) -> None:
        self.stdout.write(keys.new() if new else str(keys.verifier_key()))


def _dumps(value: Any) -> str:
    return json.dumps(value)


def _entries() -> int:
    newest = Entry.objects.first()
    return newest.seq if newest else 0


def _entry_since(text: str) -> int:
    """A number of an entry, or the first entry of a day. Raises ValueError."""
    if text.isdigit():
        return max(int(text), 1)
    try:
        day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError as error:
        raise ValueError(
            f"--since takes an entry's number or a day such as 2026-11-24, not {text!r}."
        ) from error
    first = Entry.objects.filter(at__gte=day).order_by("seq").first()
    return first.seq if first else 2**62
