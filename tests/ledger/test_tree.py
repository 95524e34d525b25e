"""The tree gives RFC 9162's hashes, and its proofs prove what they say and nothing else."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.errors import NotFound, Tampered
from solely.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    growth_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    root_of_inclusion,
    verify_consistency,
    verify_inclusion,
)

# The reference tree of Certificate Transparency: eight leaves, the root after each, and proofs (indices from 0)
DATA = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [leaf_hash(bytes.fromhex(data)) for data in DATA]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): INCLUSION[0, 8],
    (2, 5): INCLUSION[1, 5][1:],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}

hashes = st.lists(st.binary(max_size=4).map(leaf_hash), max_size=70)


def naive_root(leaves):
    """RFC 9162 §2.1.1 as it is written."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = naive_split(len(leaves))
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def naive_split(size):
    """The largest power of two smaller than the size."""
    return max(2**k for k in range(20) if 2**k < size)


def naive_path(index, leaves):
    """RFC 9162 §2.1.3.1 as it is written."""
    if len(leaves) == 1:
        return []
    split = naive_split(len(leaves))
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_subproof(old, leaves, *, known=True):
    """RFC 9162 §2.1.4.1 as it is written."""
    if old == len(leaves):
        return [] if known else [naive_root(leaves)]
    split = naive_split(len(leaves))
    if old <= split:
        return [*naive_subproof(old, leaves[:split], known=known), naive_root(leaves[split:])]
    return [*naive_subproof(old - split, leaves[split:], known=False), naive_root(leaves[:split])]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_reference_roots(size):
    expected = bytes.fromhex(ROOTS[size - 1]) if size else EMPTY_ROOT
    assert root_of(LEAVES[:size]) == Frontier().extend(LEAVES[:size]).root() == expected


def test_the_empty_root_is_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_paths_are_the_reference_paths(index, size):
    assert [one.hex() for one in inclusion_path(LEAVES[:size], index)] == list(INCLUSION[index, size])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_paths_are_the_reference_paths(old, new):
    assert [one.hex() for one in consistency_path(LEAVES[:new], old)] == list(CONSISTENCY[old, new])


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_reference_inclusion_proofs_are_verified(index, size):
    path, root = [bytes.fromhex(one) for one in INCLUSION[index, size]], bytes.fromhex(ROOTS[size - 1])
    assert verify_inclusion(LEAVES[index], index, size, path, root) == root


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_reference_consistency_proofs_are_verified(old, new):
    path = [bytes.fromhex(one) for one in CONSISTENCY[old, new]]
    before, root = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
    assert verify_consistency(old, before, new, root, path) == root


def test_proofs_of_the_tree_that_both_rfcs_draw_hold_the_nodes_that_they_list():
    """RFC 6962 §2.1.3 and RFC 9162 §2.1.5: seven leaves a to f and j, nodes g, h, i, then k and l."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741 - the RFCs' own name
    assert root_of(LEAVES[:7]) == node_hash(k, l)
    inclusion = {0: (b, h, l), 3: (c, g, l), 4: (f, j, k), 6: (i, k)}
    assert {index: inclusion_path(LEAVES[:7], index) for index in inclusion} == inclusion
    consistency = {3: (c, d, g, l), 4: (l,), 6: (i, j, k)}
    assert {old: consistency_path(LEAVES[:7], old) for old in consistency} == consistency


@given(hashes)
def test_roots_are_those_of_the_rfc_as_it_is_written(leaves):
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf)
    assert root_of(leaves) == frontier.root() == naive_root(leaves)
    assert frontier == Frontier().extend(leaves)


@given(hashes, hashes)
def test_a_frontier_goes_on_from_its_bytes(first, second):
    frontier = Frontier.from_bytes(Frontier().extend(first).to_bytes())
    assert frontier.extend(second).root() == root_of(first + second)


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(40), (3).to_bytes(8, "big") + bytes(32), b"\xff" * 9])
def test_bytes_that_are_no_frontier_are_tampered(data):
    with pytest.raises(Tampered):
        Frontier.from_bytes(data)


def test_every_path_up_to_40_leaves_is_the_rfc_s_and_proves_its_root():
    leaves = [leaf_hash(bytes((n,))) for n in range(40)]
    for size in range(1, 41):
        tree, root = leaves[:size], root_of(leaves[:size])
        for n in range(size):
            path = inclusion_path(tree, n)
            assert list(path) == naive_path(n, tree)
            assert verify_inclusion(tree[n], n, size, path, root) == root
        for old in range(size + 1):
            path = consistency_path(tree, old)
            assert list(path) == (naive_subproof(old, tree) if old else [])
            assert verify_consistency(old, root_of(tree[:old]), size, root, path) == root


def test_a_frontier_and_what_came_after_it_prove_as_much_as_all_leaves():
    leaves = [leaf_hash(bytes([n])) for n in range(70)]
    for new in range(71):
        for old in range(new + 1):
            path = growth_path(Frontier().extend(leaves[:old]), leaves[old:new])
            assert path == consistency_path(leaves[:new], old)


@settings(max_examples=50)
@given(st.integers(1, 40), st.data())
def test_an_inclusion_proof_that_differs_anywhere_is_refused(size, data):
    leaves = [leaf_hash(bytes((n,))) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root, path = root_of(leaves), inclusion_path(leaves, index)
    wrong = [
        (leaf_hash(b"other"), index, size, path, root),
        (leaves[index], index, size, (*path, root), root),
        (leaves[index], index, size, path, leaf_hash(b"other")),
        (leaves[index], size, size, path, root),
        (leaves[index], -1, size, path, root),
        (leaves[index], index, 0, path, root),
    ]
    wrong += [(leaves[index], other, size, path, root) for other in range(size) if other != index]
    wrong += [(leaves[index], index, size, path[:n] + path[n + 1 :], root) for n in range(len(path))]
    wrong += [(leaves[index], index, size, (*path[:n], root, *path[n + 1 :]), root) for n in range(len(path))]
    wrong += [(leaves[index], index, size, (*path[:n], path[n][:-1], *path[n + 1 :]), root) for n in range(len(path))]
    for one in wrong:
        with pytest.raises(Tampered):
            verify_inclusion(*one)


@settings(max_examples=50)
@given(st.integers(1, 40), st.data())
def test_a_consistency_proof_that_differs_anywhere_is_refused(new, data):
    leaves = [leaf_hash(bytes((n,))) for n in range(new)]
    old = data.draw(st.integers(0, new))
    first, root, path = root_of(leaves[:old]), root_of(leaves), consistency_path(leaves, old)
    other = leaf_hash(b"other")
    wrong = [
        (old, other, new, root, path),
        (old, first, new, root, (*path, root)),
        (new + 1, first, new, root, path),
        (-1, first, new, root, path),
    ]
    wrong += [(old, first, new, other, path)] if old else []
    wrong += [(old, first, new, root, path[:n] + path[n + 1 :]) for n in range(len(path))]
    wrong += [(old, first, new, root, (*path[:n], other, *path[n + 1 :])) for n in range(len(path))]
    wrong += [(size, first, new, root, path) for size in range(1, new) if size != old]
    for one in wrong:
        with pytest.raises(Tampered):
            verify_consistency(*one)


@given(st.integers(-2, 70), st.integers(-2, 70), st.lists(st.binary(min_size=31, max_size=33), max_size=8))
def test_verifying_anything_raises_tampered_and_nothing_else(one, other, path):
    for verify in (
        lambda: root_of_inclusion(EMPTY_ROOT, one, other, path),
        lambda: verify_consistency(one, EMPTY_ROOT, other, LEAVES[0], path),
    ):
        with contextlib.suppress(Tampered):
            verify()


def test_a_tree_that_was_empty_is_the_beginning_of_every_tree_but_only_with_its_own_root():
    assert verify_consistency(0, EMPTY_ROOT, 8, root_of(LEAVES), ()) == root_of(LEAVES)
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ()) == EMPTY_ROOT
    with pytest.raises(Tampered):
        verify_consistency(0, EMPTY_ROOT, 0, LEAVES[0], ())


def test_what_is_not_in_the_tree_has_no_path():
    for index in (-1, 8):
        with pytest.raises(NotFound):
            inclusion_path(LEAVES, index)
    for size in (-1, 9):
        with pytest.raises(NotFound):
            consistency_path(LEAVES, size)
