"""`manage.py load_catalogue`: the reference catalogue from its files into the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aims.controls.catalogue import FOLDER, CatalogueError, read
from aims.controls.services import catalogue_load


class Command(BaseCommand):
    help = (
        "Load the controls and clauses of ISO/IEC 42001 with their crosswalks. Running it again is harmless."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=FOLDER, help="where the YAML files are (default: the shipped ones)"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            loaded = catalogue_load(read(folder))
        except CatalogueError as error:
            raise CommandError(
                f"The catalogue in {folder} cannot be loaded; nothing was changed.\n{error}", returncode=2
            ) from error
        self.stdout.write(
            f"Catalogue: {len(loaded.created)} new, {len(loaded.changed)} changed, "
            f"{len(loaded.unchanged)} as they were."
        )
        if loaded.orphaned:
            self.stdout.write(
                "No longer in the catalogue, but kept because other records may refer to them: "
                f"{', '.join(loaded.orphaned)}."
            )
