"""The local engine: tokens sorted, each shard searched in order, shards shared among all cores by threads.

Sorted lookups walk the memory-mapped index from front to back, so a list small beside the platform
touches few pages and a large one reads each page once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from solely.audiences.index import Index, Shard

__all__ = ["find", "lookup"]

_PIECE = 65_536  # tokens a task, about

Found = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


def find(index: Index, delta: Shard, tokens: npt.NDArray[np.uint8], threads: int) -> Found:
    """The giving and member numbers of all index rows whose token is among `tokens`, of shape (n, 16).

    Rows come once for each time their token stands in `tokens`; the caller makes sets of them.
    """
    halves = np.ascontiguousarray(tokens).view(">u8").reshape(-1, 2)
    hi, lo = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
    order = np.argsort(hi)
    hi, lo = hi[order], lo[order]
    pieces = [*_pieces(index, hi, lo), (delta, hi, lo)]
    if threads == 1 or len(hi) <= _PIECE:
        found = [lookup(*piece) for piece in pieces]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(lambda piece: lookup(*piece), pieces))
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def _pieces(
    index: Index, hi: npt.NDArray[np.uint64], lo: npt.NDArray[np.uint64]
) -> Iterator[tuple[Shard, npt.NDArray[np.uint64], npt.NDArray[np.uint64]]]:
    """Each shard with the tokens that may stand in it: from its first hi to the next one's, both included."""
    starts: Sequence[int] = [0, *np.searchsorted(hi, index.starts[1:], "left").tolist()]
    ends: Sequence[int] = [*np.searchsorted(hi, index.starts[1:], "right").tolist(), len(hi)]
    for shard, start, end in zip(index.shards, starts, ends, strict=True):
        for at in range(start, end, _PIECE):
            until = min(at + _PIECE, end)
            yield shard, hi[at:until], lo[at:until]


def lookup(shard: Shard, hi: npt.NDArray[np.uint64], lo: npt.NDArray[np.uint64]) -> Found:
    """The kernel: sorted tokens against one sorted shard; giving and member numbers of the rows that are equal."""
    first = np.searchsorted(shard.hi, hi, "left")
    hit = np.flatnonzero(first < len(shard.hi))
    hit = hit[shard.hi[first[hit]] == hi[hit]]
    first = first[hit]
    # A token may lead to several rows: all rows that share its first half, then those whose second half is equal.
    last = np.searchsorted(shard.hi, hi[hit], "right")
    counts = last - first
    rows = np.repeat(first, counts) + (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts))
    rows = rows[shard.lo[rows] == np.repeat(lo[hit], counts)]
    return shard.giving[rows], shard.member[rows]
