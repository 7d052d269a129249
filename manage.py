#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aims.settings")
    if sys.argv[1:3] == ["registry", "validate"]:
        validate(sys.argv)
    else:
        from django.core.management import execute_from_command_line  # noqa: PLC0415  (settings first)

        from aims.ledger.acting import Act, acting  # noqa: PLC0415

        # What a command writes is one act, and the ledger says so beside each row.
        with acting(Act("command", reason=" ".join(sys.argv[1:2]))):
            execute_from_command_line(sys.argv)


def validate(argv: list[str]) -> None:
    """`registry validate` needs no app and no address of the portal, and starts twice as fast without."""
    from django.apps import apps  # noqa: PLC0415

    apps.populate([])
    from registry.management.judging import Validate  # noqa: PLC0415

    Validate().run_from_argv([argv[0], "registry validate", *argv[3:]])


if __name__ == "__main__":
    main()
