"""`manage.py demo`: fills an empty portal with the demo company, and says how to log in."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from aims.accounts.models import User
from aims.ledger import checkpoints
from aims.portal.demo import people, telling


class Command(BaseCommand):
    help = "Fills an empty portal with a demo company. On a portal that has it already, nothing changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="leave a portal with data of its own alone, silently"
        )

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if User.objects.exists() and not people.is_there():
            if if_empty:
                return
            raise CommandError(
                "This portal has people of its own, so the demo company stays out. "
                "Point AIMS_HOME or DATABASE_URL at an empty place to see the demo."
            )
        password = people.password()
        if people.is_there():
            people.let_in(password)
        else:
            with transaction.atomic():
                telling.tell(password)
            checkpoints.make_checkpoint()
        self._say_how_to_log_in(password)

    def _say_how_to_log_in(self, password: str) -> None:
        self.stdout.write(f"Demo accounts at {settings.AIMS_URL}, all with the password {password}")
        for person in people.PEOPLE:
            if person.does:
                self.stdout.write(f"  {person.email:<22}{person.name}, {person.does}")
