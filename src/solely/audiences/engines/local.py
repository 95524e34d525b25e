"""The local engine: a list in pieces, each put in order and looked up by a thread.

A piece in order walks each memory-mapped shard from front to back, so a list small beside the platform
touches few pages, and a large one does not jump between them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from solely.audiences.index import Index, Shard

__all__ = ["find", "lookup"]

_PIECE_BITS = 17
_PIECE = 1 << _PIECE_BITS  # tokens a task

Halves = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]
Found = tuple[Numbers, Numbers]


def find(index: Index, delta: Shard, tokens: npt.NDArray[np.uint8], threads: int) -> Found:
    """The giving and member numbers of all rows whose token is among `tokens`, of shape (n, 16).

    Each giving once, in order of their numbers, and beside it its member.
    """
    halves = np.ascontiguousarray(tokens).view(">u8").reshape(-1, 2)
    pieces = [halves[at : at + _PIECE] for at in range(0, len(halves), _PIECE)]
    if threads == 1 or len(pieces) <= 1:
        found = [_find_piece(index, delta, piece) for piece in pieces]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda piece: _find_piece(index, delta, piece), pieces))
    return _once(np.concatenate([np.empty(0, np.uint64), *found]))


def _once(pairs: Halves) -> Found:
    pairs = np.sort(pairs)
    first = np.ones(len(pairs), np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
    pairs = pairs[first]
    return (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)


def _find_piece(index: Index, delta: Shard, piece: npt.NDArray[np.uint64]) -> Halves:
    """Pairs of giving (high half) and member number."""
    hi, lo = _in_order(piece)
    edges = np.arange(1, len(index.shards), dtype=np.uint64) << np.uint64(64 - (len(index.shards) - 1).bit_length())
    cuts = [0, *np.searchsorted(hi, edges).tolist(), len(hi)]
    found = [lookup(shard, hi[a:b], lo[a:b]) for shard, (a, b) in zip(index.shards, pairwise(cuts), strict=True)]
    return np.concatenate([*found, lookup(delta, hi, lo)])


def _in_order(piece: npt.NDArray[np.uint64]) -> tuple[Halves, Halves]:
    """The halves of each token once, in order of all but the last bits of hi."""
    hi, lo = piece[:, 0].astype(np.uint64), piece[:, 1].astype(np.uint64)
    last = np.uint64(_PIECE - 1)
    # Each token's place instead of its last bits: sorting that is twice as fast as argsort.
    order = (np.sort((hi & ~last) | np.arange(len(hi), dtype=np.uint64)) & last).view(np.int64)
    hi, lo = hi[order], lo[order]
    # A token that stands in a list a million times must not meet the same rows a million times.
    other = np.flatnonzero((hi[1:] != hi[:-1]) | (lo[1:] != lo[:-1]))
    if len(other) < len(hi) - 1:
        order = np.append(0, other + 1)
        hi, lo = hi[order], lo[order]
    return hi, lo


def lookup(shard: Shard, hi: Halves, lo: Halves) -> Halves:
    """The kernel: every row of a token's bucket is compared with it. Pairs of the rows that are equal.

    First the one byte a bucket that rules out most tokens of strangers.
    """
    eighths = (hi >> np.uint64(shard.shift - 3)).view(np.int64)
    buckets = (eighths >> 3) & (len(shard.places) - 2)
    near = np.flatnonzero((shard.near[buckets] >> (eighths & 7).astype(np.uint8)) & 1)
    hi, lo, buckets = hi[near], lo[near], buckets[near]
    first = shard.places[buckets].astype(np.int64)
    counts = shard.places[buckets + 1] - first
    tokens = np.repeat(np.arange(len(hi)), counts)
    rows = np.arange(len(tokens)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    hit = np.flatnonzero(shard.hi[rows] == hi[tokens])
    rows, tokens = rows[hit], tokens[hit]
    rows = rows[shard.lo[rows] == lo[tokens]]
    pairs: Halves = (shard.giving[rows].astype(np.uint64) << np.uint64(32)) | shard.member[rows]
    return pairs
