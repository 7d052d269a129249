"""Merkle trees as in RFC 6962, section 2.1: root, inclusion proof, consistency proof, and their verification.

Pure. A *leaf input* is what the tree is over (here: an entry's hash); all else are 32-byte node hashes.
A subtree is asked for by `subtree(start, end)`, the root of the leaves start … end-1, so that whoever keeps
roots of parts need not hash everything again.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

EMPTY: Final = sha256().digest()
"""The root of a tree without leaves."""

Subtree = Callable[[int, int], bytes]


def leaf(data: bytes) -> bytes:
    """The node of one leaf input."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: its size, and the roots of its perfect subtrees from left to right.

    These few nodes (one for each bit that is set in the size) are all that is needed to add leaves and to
    tell the root.
    """

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size, self.nodes = size, list(nodes)
        if size < 0 or len(self.nodes) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} parts, not {len(self.nodes)}.")

    def extend(self, inputs: Iterable[bytes]) -> None:
        """Add leaf inputs."""
        nodes, size, digest = self.nodes, self.size, sha256
        for data in inputs:
            top, rest = digest(b"\x00" + data).digest(), size
            while rest & 1:
                top, rest = digest(b"\x01" + nodes.pop() + top).digest(), rest >> 1
            nodes.append(top)
            size += 1
        self.size = size

    def append(self, root: bytes, leaves: int) -> None:
        """Add a perfect subtree of so many leaves (a power of two by which the size divides)."""
        if leaves.bit_count() != 1 or self.size % leaves:
            raise ValueError(f"{leaves} leaves do not fit behind {self.size}.")
        rest = self.size // leaves
        while rest & 1:
            root, rest = node(self.nodes.pop(), root), rest >> 1
        self.nodes.append(root)
        self.size += leaves

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY
        top = self.nodes[-1]
        for part in reversed(self.nodes[:-1]):
            top = node(part, top)
        return top


def root(inputs: Iterable[bytes]) -> bytes:
    """The root over leaf inputs."""
    tree = Frontier()
    tree.extend(inputs)
    return tree.root()


def over(inputs: Sequence[bytes]) -> Subtree:
    """Subtrees of leaf inputs that are all at hand."""
    return lambda start, end: root(inputs[start:end])


def _split(size: int) -> int:
    """The largest power of two below the size: how many leaves stand on the left."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The nodes that lead from leaf `index` (from 0) to the root of a tree of that size, lowest first.

    Raises ValueError if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def includes(index: int, size: int, data: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf input stands at `index` in the tree with this size and root."""
    if not 0 <= index < size:
        return False
    at, last, top = index, size - 1, leaf(data)
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            top = node(step, top)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            top = node(top, step)
        at, last = at >> 1, last >> 1
    return last == 0 and top == root


def consistency_proof(earlier: int, size: int, subtree: Subtree) -> list[bytes]:
    """The nodes that show that the first `earlier` leaves of a tree are the whole of an earlier tree.

    Raises ValueError unless 0 < earlier <= size.
    """
    if not 0 < earlier <= size:
        raise ValueError(f"A tree of {size} leaves has no earlier one of {earlier}.")
    path: list[bytes] = []
    start, end, whole = 0, size, True
    while earlier != end:
        middle = start + _split(end - start)
        if earlier <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start, whole = middle, False
    return path[::-1] if whole else [subtree(start, end), *path[::-1]]


def extends(earlier: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Whether the proof shows that the tree (size, root) begins with the tree (earlier, earlier_root)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    steps = list(proof)
    if earlier.bit_count() == 1:
        steps.insert(0, earlier_root)
    if not steps:
        return False
    at, last = earlier - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, now = node(step, before), node(step, now)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node(now, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == earlier_root and now == root
