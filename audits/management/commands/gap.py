"""`manage.py gap score [--json]`: score the gap checklist now, and keep the score as today's."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from audits.checklist import checklist
from audits.scoring import Score
from audits.services import score_and_keep

FINE, FINDINGS = 0, 1

SHOWN = 10
"""Missing systems of an item that are named to people; `--json` names all."""


class Command(BaseCommand):
    help = "Scores the gap checklist of ISO/IEC 42001: twelve items, each with what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        subcommands = parser.add_subparsers(dest="subcommand", required=True)
        scoring = subcommands.add_parser("score", help="Score all items now and keep the score as today's.")
        scoring.add_argument("--format", choices=["text", "json"], default="text")
        scoring.add_argument("--json", action="store_const", const="json", dest="format")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exits 0 if all items are true, 1 while one is open."""
        found = score_and_keep()
        if options["format"] == "json":
            self.stdout.write(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        else:
            self._tell(found)
        raise SystemExit(FINE if all(item.true for item in found.items) else FINDINGS)

    def _tell(self, found: Score) -> None:
        known = checklist()
        for item in found.items:
            numbers = item.numbers
            mark = _("yes") if item.true else _("no")
            line = f"{mark:>4}  {known.item(item.key).question} {numbers.numerator}/{numbers.denominator}"
            if numbers.missing:
                named = ", ".join(numbers.missing[:SHOWN])
                more = len(numbers.missing) - SHOWN
                rest = _(" and %(n)d more") % {"n": more} if more > 0 else ""
                line += "; " + _("missing: %(what)s") % {"what": named + rest}
            self.stdout.write(line)
        scoring = known.scoring
        self.stdout.write(f"{found.score}/{scoring.total}. {scoring.message(found.score)}")
