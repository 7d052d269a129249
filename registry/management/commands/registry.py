"""`manage.py registry validate|import|export`: records in files."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from registry.management import exchange
from registry.management.judging import Validate


class Command(Validate):
    help = _("Works with the registry's records as YAML files.")

    def add_arguments(self, parser: CommandParser) -> None:
        subcommands = parser.add_subparsers(dest="subcommand", required=True)
        self.add_validate(
            subcommands.add_parser("validate", help=_("Judge records by the schema and the policies."))
        )
        exchange.add_import(
            subcommands.add_parser("import", help=_("Write records from files into the registry."))
        )
        exchange.add_export(
            subcommands.add_parser("export", help=_("Write the registry's records to files."))
        )

    def handle(self, *args: Any, subcommand: str, **options: Any) -> None:
        """Run the subcommand, and end with its exit code."""
        match subcommand:
            case "validate":
                code = self.validate(**options)
            case "import":
                code = exchange.run_import(self.stdout, self.stderr, **options)
            case _:
                code = exchange.run_export(self.stdout, self.stderr, **options)
        if code:
            sys.exit(code)
