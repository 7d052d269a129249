"""Inclusion proofs: that an entry stands at its place in the ledger that a checkpoint was signed over.

A ledger of a million entries need not be hashed for one proof: with each checkpoint the roots of every 1,024
entries are kept (`models.Tile`), and only the entries of two tiles are read.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db import connection

from aims.ledger import merkle, notes
from aims.ledger.models import Checkpoint, Entry, Tile

TILE: Final = 1024
"""Leaves of a tile: a power of two."""


class TiledTree:
    """A tree that only grows, as `merkle.Frontier`, which notes the root of each tile that it completes."""

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        kept, whole = list(nodes), size - size % TILE
        self._whole = merkle.Frontier(whole, kept[: whole.bit_count()])
        self._open = merkle.Frontier(size % TILE, kept[whole.bit_count() :])
        self.tiles: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        return self._whole.size + self._open.size

    @property
    def nodes(self) -> list[bytes]:
        return self._whole.nodes + self._open.nodes

    def extend(self, inputs: Sequence[bytes]) -> None:
        """Add leaf inputs."""
        start = 0
        while start < len(inputs):
            end = start + TILE - self._open.size
            self._open.extend(inputs[start:end])
            start = end
            if self._open.size == TILE:
                [root] = self._open.nodes
                self.tiles[self._whole.size // TILE] = root
                self._whole.append(root, TILE)
                self._open = merkle.Frontier()

    def root(self) -> bytes:
        return merkle.Frontier(self.size, self.nodes).root()


def keep(tiles: dict[int, bytes]) -> None:
    Tile.objects.bulk_create(
        [Tile(number=number, root=root) for number, root in tiles.items()], ignore_conflicts=True
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry is in the ledger that the checkpoint was signed over."""

    entry: Entry
    checkpoint: Checkpoint
    path: list[bytes]
    holds: bool
    """Whether it leads to the root that was signed. If not, something was changed: see `ledger verify`."""

    def as_dict(self) -> dict[str, Any]:
        """For a file that anybody can check with RFC 6962, section 2.1.1, and the public key."""
        return {
            "seq": self.entry.seq,
            "leaf_index": self.entry.seq - 1,
            "tree_size": self.checkpoint.size,
            "leaf_input": bytes(self.entry.hash).hex(),
            "path": [step.hex() for step in self.path],
            "root": base64.b64encode(bytes(self.checkpoint.root)).decode(),
            "checkpoint": self.checkpoint.note,
        }


def proof_of(entry: Entry, checkpoint: Checkpoint | None) -> Proof | None:
    """The proof for the checkpoint; None where it does not cover the entry. Two queries."""
    if checkpoint is None or entry.seq > checkpoint.size:
        return None
    index, size = entry.seq - 1, checkpoint.size
    root = notes.parse(checkpoint.note).root
    path: list[bytes] = []
    first = index - index % TILE
    near = _hashes(first, min(first + TILE, size), size - size % TILE, size)
    kept = Tile.objects.filter(number__lt=size // TILE).values_list("number", "root")
    tiles = {number: bytes(root) for number, root in kept} if size >= TILE else {}
    for known in (tiles, {}) if tiles else ({},):  # if a tile was changed, the entries themselves decide
        path = merkle.inclusion_proof(index, size, partial(_subtree, tiles=known, near=near))
        if merkle.includes(index, size, bytes(entry.hash), path, root):
            return Proof(entry, checkpoint, path, holds=True)
    return Proof(entry, checkpoint, path, holds=False)


def _subtree(start: int, end: int, tiles: Mapping[int, bytes], near: Mapping[int, bytes]) -> bytes:
    """The root of leaves start … end-1: of tiles where there are some, else of the entries themselves."""
    tree, at = merkle.Frontier(), start
    while at + TILE <= end and at % TILE == 0 and at // TILE in tiles:
        tree.append(tiles[at // TILE], TILE)
        at += TILE
    hashes = near if all(place in near for place in range(at, end)) else _hashes(at, end)
    tree.extend(hashes[place] for place in range(at, end) if place in hashes)
    return tree.root()


def _hashes(start: int, end: int, also: int = 0, until: int = 0) -> dict[int, bytes]:
    """Leaf -> its input, of leaves start … end-1 and also … until-1 that are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, hash FROM ledger_entry WHERE (seq > %s AND seq <= %s) OR (seq > %s AND seq <= %s)",
            [start, end, also, until],
        )
        return {seq - 1: bytes(hash) for seq, hash in cursor.fetchall()}
