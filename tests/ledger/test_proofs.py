"""Inclusion proofs of entries, from tiles."""

from hashlib import sha256

import pytest
from django.db import connection

from aims.ledger import checkpoints, guards, merkle, proofs
from aims.ledger.models import Checkpoint, Entry, Tile
from tests.factories import make_system, make_team


def inputs(number: int) -> list[bytes]:
    return [sha256(str(n).encode()).digest() for n in range(number)]


@pytest.mark.parametrize("steps", [[1], [1023], [1024], [1025], [500, 600], [3000], [1, 1, 1, 2100]])
def test_a_tiled_tree_has_the_root_of_a_plain_one(steps: list[int]) -> None:
    leaves, tree, tiles = inputs(sum(steps)), proofs.TiledTree(), {}
    for step in steps:
        tree = proofs.TiledTree(tree.size, tree.nodes)
        tree.extend(leaves[tree.size : tree.size + step])
        tiles |= tree.tiles
    assert (tree.size, tree.root()) == (len(leaves), merkle.root(leaves))
    assert tiles == {
        n: merkle.root(leaves[n * proofs.TILE : (n + 1) * proofs.TILE])
        for n in range(len(leaves) // proofs.TILE)
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [1, 3, 4])
def test_each_entry_is_proven_whatever_the_size_of_a_tile(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "TILE", 4)
    team = make_team("team-claims")
    for number in range(size):
        make_system(team, slug=f"system-{number}", name=f"System {number}")
        checkpoints.make_checkpoint()
    newest = checkpoints.newest()
    assert newest
    assert Tile.objects.count() == newest.size // 4
    for entry in Entry.objects.all():
        proof = proofs.proof_of(entry, newest)
        assert proof
        assert proof.holds
        assert merkle.includes(entry.seq - 1, newest.size, bytes(entry.hash), proof.path, bytes(newest.root))


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    monkeypatch.setattr(proofs, "TILE", 4)
    team = make_team("team-claims")
    for number in range(4):
        make_system(team, slug=f"system-{number}", name=f"System {number}")
    made = checkpoints.make_checkpoint()
    assert made
    return made


@pytest.mark.django_db(transaction=True)
def test_a_changed_tile_cannot_deny_what_is_there(ledger: Checkpoint) -> None:
    with guards.lifted(connection):
        Tile.objects.update(root=bytes(32))
    proof = proofs.proof_of(Entry.objects.get(seq=2), ledger)
    assert proof
    assert proof.holds


@pytest.mark.django_db(transaction=True)
def test_a_changed_entry_has_no_proof(ledger: Checkpoint) -> None:
    with guards.lifted(connection):
        Entry.objects.filter(seq=2).update(hash=bytes(32))
    proof = proofs.proof_of(Entry.objects.get(seq=2), ledger)
    assert proof
    assert not proof.holds


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_nobody_has_signed_yet_has_none(ledger: Checkpoint) -> None:
    make_team("team-later")
    newest = Entry.objects.first()
    assert newest
    assert proofs.proof_of(newest, ledger) is None
