"""What every engine must do: find the rows of index and delta that equal a list's tokens, each giving once."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.audiences import index
from solely.audiences.engines import local

LAST = 2**64 - 1
# Halves that meet at the borders of shards and buckets, and that differ in the last bits alone.
HALVES = st.sampled_from([0, 1, 2**17, 2**62 - 1, 2**62, 2**62 + 1, 2**63 - 1, 2**63, 3 * 2**62, LAST - 1, LAST])
TOKENS = st.tuples(HALVES, HALVES)
ROWS = st.lists(st.tuples(TOKENS, st.integers(1, 40)), max_size=40)  # token, giving


@pytest.fixture(scope="module", params=[local.find], ids=["local"])
def find(request):
    return request.param


def member_of(giving):
    return 1_000 + giving // 2  # two givings a member


def shard_of(rows):
    halves = np.array([token for token, _ in rows], np.uint64).reshape(-1, 2)
    givings = np.array([giving for _, giving in rows], np.int64)
    return index.sort_shard(halves, givings, 1_000 + givings // 2)


def on_disk(folder, rows, shard_rows):
    index.write(folder, shard_of(rows), 1, "mark", shard_rows, keys=frozenset({1}))
    return index.read(folder, index.named(folder))


def list_of(tokens):
    return np.array(tokens, ">u8").reshape(-1, 2).view(np.uint8).reshape(-1, 16)


def oracle(rows, tokens):
    wanted = set(tokens)
    givings = sorted({giving for token, giving in rows if token in wanted})
    return givings, [member_of(giving) for giving in givings]


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, later=ROWS, tokens=st.lists(TOKENS, max_size=60), shard_rows=st.sampled_from([1, 3, 1_000]))
def test_it_finds_what_a_plain_look_up_finds(find, rows, later, tokens, shard_rows):
    with tempfile.TemporaryDirectory() as folder:
        opened = on_disk(Path(folder), rows, shard_rows)
        givings, members = find(opened, shard_of(later), list_of(tokens), 2)
    assert (givings.tolist(), members.tolist()) == oracle(rows + later, tokens)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shard_rows", [1_000_000, 20_000])
def test_a_long_list_is_found_whole_in_pieces(find, threads, shard_rows, tmp_path):
    chance = np.random.default_rng(7)
    halves = chance.integers(0, LAST, (100_000, 2), np.uint64)
    numbers = np.arange(1, 100_001)
    index.write(tmp_path, index.sort_shard(halves, numbers, numbers), 1, "mark", shard_rows, keys=frozenset({1}))
    opened = index.read(tmp_path, index.named(tmp_path))
    hit = chance.choice(100_000, 30_000, replace=False)
    tokens = chance.permutation(np.concatenate([halves[hit], chance.integers(0, LAST, (300_000, 2), np.uint64)]))
    givings, members = find(opened, shard_of([]), list_of(tokens), threads)
    assert givings.tolist() == sorted((hit + 1).tolist())
    assert members.tolist() == givings.tolist()


def test_an_empty_list_meets_nobody_and_an_empty_platform_is_met_by_nobody(find, tmp_path):
    token = (5, 6)
    empty = on_disk(tmp_path / "empty", [], 10)
    full = on_disk(tmp_path / "full", [(token, 1)], 10)
    for opened, delta, tokens in ((full, [(token, 2)], []), (empty, [], [token])):
        givings, members = find(opened, shard_of(delta), list_of(tokens), 2)
        assert (len(givings), len(members)) == (0, 0)


def test_the_delta_alone_is_enough(find, tmp_path):
    givings, members = find(on_disk(tmp_path, [], 10), shard_of([((1, 2), 7)]), list_of([(1, 2)]), 1)
    assert (givings.tolist(), members.tolist()) == ([7], [member_of(7)])


def test_a_token_that_many_share_and_a_list_repeats_is_found_once_for_each(find, tmp_path):
    shared = (2**63 + 1, 9)
    opened = on_disk(tmp_path, [(shared, giving) for giving in range(1, 1_001)], 10_000)
    givings, _ = find(opened, shard_of([]), list_of([shared] * 300), 1)
    assert givings.tolist() == list(range(1, 1_001))


def test_a_token_that_a_list_repeats_is_looked_up_once():
    """A thousand people with one address, on a list that holds it a million times, must not be 10**9 rows."""
    tokens = [(7, 1), (2**63 + 1, 9), (2**40, 2)] * 1_000
    hi, lo = local._in_order(list_of(tokens).view(">u8"))
    assert sorted(zip(hi.tolist(), lo.tolist(), strict=True)) == sorted(set(tokens))
