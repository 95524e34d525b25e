"""A log as static files stands where C2SP tlog-tiles says, and grows there without changing what is full."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from published_logs import bodies
from solely.errors import Tampered
from solely.ledger.tiles import (
    Edge,
    bundle_path,
    fill,
    grow,
    max_bytes,
    read_bundle,
    read_tile,
    tile_path,
    widths,
)
from solely.ledger.tree import EMPTY_ROOT, leaf_hash, root_of

BODIES = [n.to_bytes(3, "big") for n in range(70_000)]


def files_of(size, start=None):
    edge, files = start or Edge(), {}
    for after, written in grow(edge, BODIES[edge.size : size]):
        edge = after
        files |= written
    return edge, files


def test_a_tile_s_number_stands_in_groups_of_three_digits():
    """The specification's own example, and the sizes around each group's end."""
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(3, 0) == "tile/3/000"
    assert tile_path(0, 999) == "tile/0/999"
    assert tile_path(0, 1000, 7) == "tile/0/x001/000.p/7"
    assert bundle_path(123_456, 255) == "tile/entries/x123/456.p/255"


def test_a_log_of_70_000_has_the_tiles_that_the_specification_counts():
    """273 full and one of 112 at level 0, one full and one of 17 at level 1, one of width 1 at level 2."""
    _, files = files_of(70_000)
    full = {tile_path(0, n) for n in range(273)} | {tile_path(1, 0)} | {bundle_path(n) for n in range(273)}
    partial = {tile_path(0, 273, 112), tile_path(1, 1, 17), tile_path(2, 0, 1), bundle_path(273, 112)}
    assert set(files) == full | partial


def test_a_log_of_256_has_a_full_tile_and_one_of_width_1_above_it():
    _, files = files_of(256)
    assert set(files) == {tile_path(0, 0), tile_path(1, 0, 1), bundle_path(0)}
    assert files[tile_path(1, 0, 1)] == root_of([*map(leaf_hash, BODIES[:256])])


def test_each_tile_holds_the_hashes_that_the_specification_says():
    """The tile's n-th hash at level l is that of the subtree of 256**l leaves that begins there."""
    _, files = files_of(1_000)
    leaves = [leaf_hash(body) for body in BODIES[:1_000]]
    assert files[tile_path(0, 1)] == b"".join(leaves[256:512])
    assert files[tile_path(0, 3, 232)] == b"".join(leaves[768:])
    assert files[tile_path(1, 0, 3)] == b"".join(root_of(leaves[at : at + 256]) for at in (0, 256, 512))
    assert files[bundle_path(3, 232)][:10] == b"\x00\x03" + BODIES[768] + b"\x00\x03" + BODIES[769]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_a_log_that_grew_in_steps_has_the_files_of_one_published_at_once(first, more):
    edge, files = files_of(first)
    after, grown = files_of(first + more, edge.at_bundle())
    at_once = files_of(first + more)[1]
    assert after.root() == root_of([*map(leaf_hash, BODIES[: first + more])])
    assert at_once.items() <= (files | grown).items()
    for path, data in grown.items():
        assert files.get(path, data) == data
        assert len(data) <= max_bytes(path)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70_000))
def test_the_edge_alone_makes_the_root(size):
    assert files_of(size)[0].root() == root_of([*map(leaf_hash, BODIES[:size])])


def test_an_empty_log_has_no_tiles():
    assert files_of(0) == (Edge(), {})
    assert fill(Edge(), []) == (Edge(), [])
    assert Edge().root() == EMPTY_ROOT == sha256(b"").digest()


@given(st.integers(0, 2**62))
def test_the_widths_are_the_size_in_digits_of_256(size):
    assert sum(width * 256**level for level, width in enumerate(widths(size))) == size


def test_an_edge_that_does_not_fit_its_size_is_tampered():
    for levels in ((), ((bytes(32),) * 2,), ((bytes(32),), ())):
        with pytest.raises(Tampered):
            Edge(1, levels)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_read_back_to_the_last_byte(entries):
    data = b"".join(len(one).to_bytes(2, "big") + one for one in entries)
    assert read_bundle(data, len(entries), "there") == tuple(entries)
    with pytest.raises(Tampered):
        read_bundle(data, len(entries) + 1, "there")
    with pytest.raises(Tampered):
        read_bundle(data + b"\x00", len(entries), "there")


@given(st.binary(max_size=2_000), st.integers(1, 256))
def test_bytes_that_are_no_tile_or_bundle_are_tampered_and_nothing_else(data, width):
    for read in (read_bundle, read_tile):
        try:
            assert len(read(data, width, "there")) == width
        except Tampered as error:
            assert error.where == "there"  # noqa: PT017 - both outcomes are right, by the data


def test_a_real_entry_fits_its_bundle():
    _, written = fill(Edge(), bodies(3))
    assert read_bundle(dict(written)[bundle_path(0, 3)], 3, "") == tuple(bodies(3))
