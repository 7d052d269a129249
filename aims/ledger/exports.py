"""The ledger as a file of JSON lines that `verify_ledger.py` judges without the portal.

Header, newest checkpoint, shapes, entries with the text of their rows, rows without an entry. Row texts are
those that were digested, verbatim. It is made line by line, whatever the size of the ledger.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.db import connection

from aims.ledger import checkpoints, format, keys, merkle, verifier
from aims.ledger.models import Checkpoint, Shape
from aims.ledger.verify_ledger import FIELDS

SCRIPT: Final = Path(__file__).with_name("verify_ledger.py")
"""What verifies an export, in a single file."""


def lines(since: int = 1) -> Iterator[str]:
    """The export's lines from entry `since` on, without line ends.

    Raises ImproperlyConfigured without a key, ValueError for an entry that is yet to come.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM ledger_entry")
        upto = cursor.fetchone()[0]
    if since > upto + 1:
        raise ValueError(f"The ledger ends with entry {upto}.")
    tree, previous = merkle.Frontier(), format.GENESIS
    for part in checkpoints.links(0, since - 1):
        tree.extend(bytes(hash) for _seq, _content, hash in part)
        previous = bytes(part[-1][2])
    yield _line(
        "header",
        **{"from": since, "previous": previous.hex(), "frontier": [node.hex() for node in tree.nodes]},
        entries=upto - since + 1,
        key=str(keys.verifier_key()),
    )
    if newest := Checkpoint.objects.filter(size__lte=upto).first():
        yield _line("checkpoint", note=newest.note)
    for shape in Shape.objects.all():
        yield _line("shape", shape=shape.shape, table=shape.table, columns=shape.columns)
    for part in verifier.read_entries(since - 1, upto):
        texts = {seq: text for seq, _table, _row, _digest, text in verifier.texts_of(part)}
        for *fields, content, hash in part:
            yield _line(
                "entry",
                **dict(zip(FIELDS, fields, strict=True)),
                content=bytes(content).hex(),
                hash=bytes(hash).hex(),
                text=texts[fields[0]],
            )
    for table, row in verifier.loose():
        yield _line("row", table=table, row=row)


def _line(kind: str, **parts: Any) -> str:
    return json.dumps({"kind": kind, **parts}, ensure_ascii=False, separators=(",", ":"))
