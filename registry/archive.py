"""Records as files: what `registry export` writes into a folder and the portal offers as a zip."""

import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final

from registry import gate
from registry.models import AISystemQuerySet
from registry.yaml_writer import dump_yaml

BATCH: Final = 500
"""Systems that the gate is asked about at a time: queries grow with the batches, memory does not."""

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can say. The same records make the same bytes, whenever they are packed."""


def records(systems: AISystemQuerySet) -> Iterator[tuple[str, str]]:
    """(id, YAML) of each system, sorted by id, with what the portal derives: as `record.yaml` shows it."""
    ordered = systems.select_related("team").order_by("slug").iterator(chunk_size=BATCH)
    while batch := list(islice(ordered, BATCH)):
        answers = gate.judge_all(batch)
        yield from ((system.slug, dump_yaml(answers[system.pk].record)) for system in batch)


def write_zip(file: IO[bytes], systems: AISystemQuerySet) -> None:
    """A zip with one file `<id>.yaml` for each system; the same bytes for the same records."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for slug, text in records(systems):
            entry = zipfile.ZipInfo(f"{slug}.yaml", _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever the portal runs
            archive.writestr(entry, text.encode())
