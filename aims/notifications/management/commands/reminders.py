"""`manage.py reminders plan|deliver`: what the portal does by itself, once and now."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from aims.notifications.delivery import LEASE, deliver
from aims.notifications.planning import PlanningFailed, plan


class Command(BaseCommand):
    help = "Tell people what they are to be reminded of (plan), or send the e-mails that wait (deliver)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        planning = doing.add_parser("plan", help="write the reminders that the ladder has reached")
        planning.add_argument("--date", type=_day, help="as if it were this day: 2026-12-31 (default: today)")
        delivery = doing.add_parser("deliver", help="send the e-mails that wait")
        delivery.add_argument(
            "--lease", type=float, default=LEASE.total_seconds(), help="seconds until others may take over"
        )
        for part in (planning, delivery):
            part.add_argument("--json", action="store_true", help="the result as JSON on standard output")

    def handle(self, *args: Any, doing: str, json: bool, **options: Any) -> None:
        result = self.plan(options["date"]) if doing == "plan" else self.deliver(options["lease"])
        if json:
            self.stdout.write(_dumps(result))
        else:
            self.stderr.write(", ".join(f"{name}: {value}" for name, value in result.items()))

    def plan(self, date: dt.date | None) -> dict[str, Any]:
        try:
            return {"new": plan(date)}
        except PlanningFailed as error:
            raise CommandError(str(error)) from error

    def deliver(self, lease: float) -> dict[str, Any]:
        done = deliver(lease=dt.timedelta(seconds=lease))
        if done.unreachable:
            raise CommandError(f"The mail server does not answer: {done.unreachable}")
        return {
            "mails": done.mails,
            "notices": done.notices,
            "dropped": done.dropped,
            "failed": done.failed,
        }


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _dumps(result: dict[str, Any]) -> str:
    return json.dumps(result)
