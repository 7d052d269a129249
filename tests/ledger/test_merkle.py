"""RFC 6962, section 2.1, against the vectors of Certificate Transparency and a naive implementation."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aims.ledger import merkle

VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
VECTOR_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaves = st.lists(st.binary(max_size=3), max_size=70)


def naive(data: list[bytes]) -> bytes:
    """MTH, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + naive(data[:k]) + naive(data[k:])).digest()


def naive_path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH, word for word."""
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return [*naive_path(m, data[:k]), naive(data[k:])]
    return [*naive_path(m - k, data[k:]), naive(data[:k])]


def naive_proof(m: int, data: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF, word for word."""
    if m == len(data):
        return [] if whole else [naive(data)]
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m <= k:
        return [*naive_proof(m, data[:k], whole), naive(data[k:])]
    return [*naive_proof(m - k, data[k:], False), naive(data[:k])]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root(VECTOR_LEAVES[:size]).hex() == VECTOR_ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


@given(leaves, st.integers(0, 70))
def test_a_frontier_that_grows_in_two_steps_has_the_naive_root(data: list[bytes], cut: int) -> None:
    tree = merkle.Frontier()
    tree.extend(data[:cut])
    tree = merkle.Frontier(tree.size, tree.nodes)
    tree.extend(data[cut:])
    assert (tree.size, tree.root()) == (len(data), naive(data))


@given(st.lists(st.binary(max_size=3), min_size=8, max_size=70))
def test_a_frontier_takes_whole_subtrees(data: list[bytes]) -> None:
    tree = merkle.Frontier()
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        tree.append(naive(data[start : start + 8]), 8)
    tree.extend(data[whole:])
    assert tree.root() == naive(data)


@pytest.mark.parametrize(("size", "parts"), [(3, 1), (4, 2), (-1, 1)])
def test_a_frontier_with_the_wrong_number_of_parts_is_refused(size: int, parts: int) -> None:
    with pytest.raises(ValueError, match="leaves"):
        merkle.Frontier(size, [bytes(32)] * parts)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70), st.data())
def test_inclusion_is_proved_as_the_rfc_says_and_of_nothing_else(
    data: list[bytes], draw: st.DataObject
) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    proof = merkle.inclusion_proof(index, len(data), merkle.over(data))
    assert proof == naive_path(index, data)
    root = naive(data)
    assert merkle.includes(index, len(data), data[index], proof, root)
    assert not merkle.includes(index, len(data), data[index] + b"x", proof, root)
    assert not merkle.includes(index, len(data), data[index], [*proof, bytes(32)], root)
    assert not merkle.includes(len(data), len(data), data[index], proof, root)
    if proof:
        assert not merkle.includes(index, len(data), data[index], proof[:-1], root)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70), st.data())
def test_consistency_is_proved_as_the_rfc_says_and_of_nothing_else(
    data: list[bytes], draw: st.DataObject
) -> None:
    earlier = draw.draw(st.integers(1, len(data)))
    proof = merkle.consistency_proof(earlier, len(data), merkle.over(data))
    assert proof == naive_proof(earlier, data)
    before, now = naive(data[:earlier]), naive(data)
    assert merkle.extends(earlier, len(data), proof, before, now)
    assert not merkle.extends(earlier, len(data), proof, before[::-1], now)
    assert not merkle.extends(earlier, len(data), [*proof, bytes(32)], before, now)
    if earlier < len(data):
        assert not merkle.extends(earlier, len(data), proof, before, now[::-1])
        assert not merkle.extends(earlier, len(data), proof[:-1], before, now)


def test_there_is_no_proof_for_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_proof(3, 3, merkle.over([b"a"] * 3))
    with pytest.raises(ValueError, match="earlier"):
        merkle.consistency_proof(0, 3, merkle.over([b"a"] * 3))
