"""A tree read from tiles proves what one made of all its leaves does, and uses no tile that is not under the head."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from published_logs import KEY, bodies, fetch_from, published
from solely.errors import NotFound, Tampered
from solely.ledger.checkpoint import Checkpoint, verify_checkpoint
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import bundle_path, tile_path
from solely.ledger.tree import inclusion_path, leaf_hash, root_of

ENTRIES = [n.to_bytes(3, "big") for n in range(66_000)]
LEAVES = [leaf_hash(body) for body in ENTRIES]
SIZES = (1, 2, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537, 66_000)
LOGS = {size: published(ENTRIES[:size]) for size in SIZES}


def tree_of(files):
    return TileTree(fetch_from(files), verify_checkpoint(files["checkpoint"].decode(), KEY))


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_is_proven_as_from_all_leaves(size):
    tree = tree_of(LOGS[size])
    for index in {0, 1, 255, 256, size // 2, size - 257, size - 2, size - 1} & set(range(size)):
        assert tree.inclusion(index) == inclusion_path(LEAVES[:size], index)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SIZES), st.data())
def test_the_root_of_any_beginning_is_known(size, data):
    old = data.draw(st.integers(0, size))
    assert tree_of(LOGS[size]).root_at(old) == root_of(LEAVES[:old])


def test_bodies_come_in_their_bundles():
    tree = tree_of(LOGS[1_000])
    assert tree.bodies(0) == tuple(ENTRIES[:256])
    assert tree.bodies(3) == tuple(ENTRIES[768:1_000])


def test_what_is_outside_is_not_found():
    tree = tree_of(LOGS[257])
    for index in (-1, 257):
        with pytest.raises(NotFound):
            tree.inclusion(index)


def test_a_partial_file_that_was_dropped_is_cut_from_the_full_one():
    files = LOGS[512] | {"checkpoint": LOGS[257]["checkpoint"]}
    tree = tree_of(files | {tile_path(1, 0, 1): LOGS[257][tile_path(1, 0, 1)]})
    assert tree.bodies(1) == (ENTRIES[256],)
    assert tree.inclusion(256) == inclusion_path(LEAVES[:257], 256)


def test_a_missing_file_is_named():
    for path in (tile_path(0, 1), tile_path(1, 0, 2), bundle_path(1)):
        files = {there: data for there, data in LOGS[512].items() if there != path}
        with pytest.raises(NotFound) as missing:
            tree_of(files).bodies(1)
        assert missing.value.where == path.partition(".p")[0]


def test_a_tile_that_is_not_under_the_head_is_named():
    files = LOGS[66_000]
    for path in (tile_path(0, 3), tile_path(1, 0), bundle_path(3)):
        changed = bytearray(files[path])
        changed[-1] ^= 1
        with pytest.raises(Tampered, match=r"not what was signed") as wrong:
            tree_of(files | {path: bytes(changed)}).bodies(3)
        assert wrong.value.where == ("ledger entry 1023" if "entries" in path else path)


def test_tiles_of_another_root_are_tampered():
    for path in (tile_path(0, 1, 1), tile_path(1, 0, 1)):
        with pytest.raises(Tampered, match="another root"):
            tree_of(LOGS[257] | {path: bytes(32)})
    with pytest.raises(Tampered, match="another root"):
        TileTree(fetch_from({}), Checkpoint("x", 0, bytes(32)))


def test_going_through_a_log_reads_each_file_once():
    files, read = LOGS[66_000], []

    def fetch(path):
        read.append(path)
        return fetch_from(files)(path)

    tree = TileTree(fetch, verify_checkpoint(files["checkpoint"].decode(), KEY))
    for number in range(258):
        tree.bodies(number)
    assert sorted(read) == sorted(set(files) - {"checkpoint"})


def test_a_whole_log_of_real_entries_is_read():
    assert tree_of(published(bodies(3))).bodies(0) == tuple(bodies(3))
