"""Checkpoints: made of what is new in the ledger, signed, and published outside the database.

Whoever can write the database can rewrite all of it. What they cannot take back is a checkpoint that somebody
else holds: hence the file and the webhook.
"""

import json
import os
import secrets
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aims.ledger import format, keys, notes, proofs
from aims.ledger.models import Checkpoint, Publication

BATCH: Final = 1_500
"""Entries that are read together: few enough to stay in the processor's cache."""
TIMEOUT: Final = 10
"""Seconds that a webhook may take."""
RETRIES: Final = 20
"""Older checkpoints that are sent again with each new one."""


class CheckpointError(Exception):
    """The ledger is not as it was written, so it is not signed; the message says where."""


def make_checkpoint() -> Checkpoint | None:
    """Sign what the ledger holds, and publish it; None if there is nothing new.

    What could not be published before is tried again either way. Raises CheckpointError if the ledger does
    not follow from the last checkpoint, ImproperlyConfigured if there is no key.
    """
    made = _make()
    publish()
    return made


def newest() -> Checkpoint | None:
    return Checkpoint.objects.first()


def _make() -> Checkpoint | None:
    private, name = keys.signing_key(), keys.origin()
    last = newest()
    tree = proofs.TiledTree(last.size, map(bytes.fromhex, last.frontier)) if last else proofs.TiledTree()
    if last and (tree.root() != bytes(last.root) or notes.parse(last.note).root != tree.root()):
        raise CheckpointError(
            f"The checkpoint of {last.size} entries was changed. Run `manage.py ledger verify`."
        )
    previous = hash_at(tree.size)
    for rows in links(tree.size):
        for seq, (number, content, hash) in enumerate(rows, tree.size + 1):
            # The numbers are counted along: a gap must not be signed.
            if number != seq or format.link(previous, content) != hash:
                raise CheckpointError(
                    f"Entry {number} does not follow from the one before it. Run `manage.py ledger verify`."
                )
            previous = hash
        tree.extend([bytes(hash) for _seq, _content, hash in rows])
    if tree.size == (last.size if last else 0):
        return None
    note = notes.Note(name, tree.size, tree.root())
    try:
        with transaction.atomic():
            proofs.keep(tree.tiles)
            return Checkpoint.objects.create(
                size=note.size,
                root=note.root,
                at=timezone.now(),
                note=notes.sign(note, private),
                frontier=[part.hex() for part in tree.nodes],
            )
    except IntegrityError:
        return None  # another process has just made it


def hash_at(seq: int) -> bytes:
    """The hash of an entry; GENESIS for 0. Raises CheckpointError if there is no such entry."""
    if not seq:
        return format.GENESIS
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM ledger_entry WHERE seq = %s", [seq])
        row = cursor.fetchone()
    if row is None:
        raise CheckpointError(
            f"Entry {seq} is gone, which a checkpoint covers. Run `manage.py ledger verify`."
        )
    return bytes(row[0])


def links(after: int, upto: int | None = None) -> Iterator[list[tuple[int, bytes, bytes]]]:
    """(seq, content, hash) of the entries behind `after`, in order, in large parts."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT seq, content, hash FROM ledger_entry "
                "WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s",
                [after, 2**62 if upto is None else upto, BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield rows


# --- Publishing --------------------------------------------------------------------------------------------


def latest() -> str | None:
    """The note that was published last as a file; None if there is none. Raises OSError."""
    try:
        return (folder() / "latest").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def folder() -> Path:
    """Where checkpoints are published as files."""
    return Path(settings.AIMS_CHECKPOINTS or Path(settings.AIMS_HOME) / "checkpoints")


def publish() -> None:
    """Bring to each target what has not arrived there, oldest first. A failure is recorded, never raised."""
    targets: dict[str, Any] = {"file": write}
    if settings.AIMS_CHECKPOINT_WEBHOOK:
        targets["webhook"] = post
    for target, deliver in targets.items():
        arrived = Publication.objects.filter(target=target, problem="").values("checkpoint")
        waiting = Checkpoint.objects.exclude(pk__in=arrived).order_by("-size")[:RETRIES]
        for checkpoint in reversed(waiting):
            problem = ""
            try:
                deliver(checkpoint)
            except (OSError, ValueError) as error:
                problem = str(error) or type(error).__name__
            Publication.objects.create(
                checkpoint=checkpoint, target=target, at=timezone.now(), problem=problem
            )
            if problem:
                break  # the next one would fail too


def write(checkpoint: Checkpoint) -> None:
    """A file for each checkpoint, never overwritten, and `latest`. Raises OSError."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    own = place / f"{checkpoint.size:012}.txt"
    draft = _draft(place, checkpoint.note)
    try:
        os.link(draft, own)
    except FileExistsError:
        if own.read_text() != checkpoint.note:
            raise FileExistsError(f"{own} holds another checkpoint of the same size.") from None
    finally:
        draft.unlink()
    _draft(place, checkpoint.note).replace(place / "latest")


def _draft(place: Path, text: str) -> Path:
    draft = place / f".{secrets.token_hex(8)}"
    with draft.open("x") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead away from TLS: it is a failure."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def post(checkpoint: Checkpoint) -> None:
    """Send the note to the webhook. Raises ValueError for an address without TLS, OSError if it fails."""
    url = settings.AIMS_CHECKPOINT_WEBHOOK
    address = urlsplit(url)
    local = address.hostname in ("localhost", "127.0.0.1", "::1")
    if not (address.scheme == "https" or (address.scheme == "http" and local)):
        raise ValueError("AIMS_CHECKPOINT_WEBHOOK has to begin with https://.")
    request = urllib.request.Request(  # noqa: S310  (the scheme was checked)
        url,
        data=checkpoint.note.encode(),
        headers={"Content-Type": "text/plain; charset=utf-8", "User-Agent": "aims-ledger"},
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as answer:
        answer.read(1024)


def as_json(checkpoint: Checkpoint | None) -> str:
    """For `ledger checkpoint --json`."""
    if checkpoint is None:
        return json.dumps({"size": 0, "root": None, "note": None})
    return json.dumps(
        {"size": checkpoint.size, "root": bytes(checkpoint.root).hex(), "note": checkpoint.note}
    )
