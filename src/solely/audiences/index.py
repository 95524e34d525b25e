"""The token index of one purpose: tokens of standing givings, sorted, on disk, memory-mapped.

- Each token leads to a dense giving number and a dense member number. One row a token: a giving has one
  for each digest variant, and one token may belong to givings of several people.
- A shard is an Arrow IPC file with the columns hi, lo (the token's halves, big-endian), giving, member.
- An index is complete up to a giving number, its watermark. What came later is the delta, read from the
  database for each match; when it grows, the index is made anew beside the old one and put in its place.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.ipc

from solely.store import advertising as store

__all__ = ["Index", "Shard", "build", "current", "read_delta", "sort_shard", "write"]

SHARD_ROWS = 4_000_000  # tokens a shard, about: 96 MB
_DELTA_LEAST = 50_000  # givings that are not worth a new index
_DELTA_SHARE = 10  # a new index when the delta is over a tenth of it
_SCHEMA = pa.schema([("hi", pa.uint64()), ("lo", pa.uint64()), ("giving", pa.uint32()), ("member", pa.uint32())])


@dataclass(frozen=True, slots=True)
class Shard:
    """Tokens in order of (hi, lo) with their giving and member numbers; four arrays of one length."""

    hi: npt.NDArray[np.uint64]
    lo: npt.NDArray[np.uint64]
    giving: npt.NDArray[np.uint32]
    member: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Index:
    """Shards in order of their tokens; `starts` has the first `hi` of each. Complete up to `watermark`."""

    watermark: int
    starts: npt.NDArray[np.uint64]
    shards: Sequence[Shard]

    @property
    def rows(self) -> int:
        return sum(len(shard.hi) for shard in self.shards)


def current(folder: Path, connection: psycopg.Connection, purpose: str, now: datetime) -> Index:
    """The index of a purpose, made or made anew where too much has come since."""
    index = _open(folder / purpose)
    last = store.last_number(connection)
    if index is None or last - index.watermark > max(_DELTA_LEAST, index.rows // _DELTA_SHARE):
        write(folder / purpose, build(connection, purpose, now, last), last)
        index = _open(folder / purpose)
        assert index is not None
    return index


def build(connection: psycopg.Connection, purpose: str, now: datetime, upto: int) -> Shard:
    """All standing tokens of a purpose up to a giving number, sorted."""
    store.admit_members(connection)
    return _read(connection, purpose, now, 0, upto)


def read_delta(connection: psycopg.Connection, purpose: str, now: datetime, above: int) -> Shard:
    """The standing tokens that came after `above`, sorted."""
    last = store.last_number(connection)
    if last > above:
        store.admit_members(connection)
    return _read(connection, purpose, now, above, last)


def _read(connection: psycopg.Connection, purpose: str, now: datetime, above: int, upto: int) -> Shard:
    givings, members, tokens = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
    if upto > above:
        for numbers, persons, counts, block in store.live_tokens(connection, purpose, now, above, upto):
            givings.append(np.repeat(numbers, counts))
            members.append(np.repeat(persons, counts))
            tokens.append(block)
    halves = np.frombuffer(b"".join(tokens), ">u8").reshape(-1, 2).astype(np.uint64)
    return sort_shard(halves, np.concatenate(givings), np.concatenate(members))


def sort_shard(halves: npt.NDArray[np.uint64], givings: npt.NDArray[np.int64], members: npt.NDArray[np.int64]) -> Shard:
    """Sort tokens, given as an array (n, 2) of their halves, with the numbers they lead to."""
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    return Shard(
        halves[order, 0],
        halves[order, 1],
        givings[order].astype(np.uint32),
        members[order].astype(np.uint32),
    )


def write(folder: Path, tokens: Shard, watermark: int) -> None:
    """Write an index durably beside the one in use, then put it in its place."""
    fresh = folder / f"{watermark}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    count = max(1, -(-len(tokens.hi) // SHARD_ROWS))
    cuts = [len(tokens.hi) * place // count for place in range(count + 1)]
    for place, (start, end) in enumerate(pairwise(cuts)):
        _write_shard(fresh / f"{place:06d}.arrow", tokens, start, end)
    _sync(fresh)
    ready = folder / str(watermark)
    shutil.rmtree(ready, ignore_errors=True)
    fresh.rename(ready)
    pointer = folder / "current.new"
    pointer.write_text(str(watermark))
    _sync(pointer)
    pointer.replace(folder / "current")
    _sync(folder)
    for old in folder.iterdir():
        if old.is_dir() and old != ready:
            shutil.rmtree(old)


def _write_shard(path: Path, tokens: Shard, start: int, end: int) -> None:
    arrays = [pa.array(column[start:end]) for column in (tokens.hi, tokens.lo, tokens.giving, tokens.member)]
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        writer.write_table(pa.table(arrays, schema=_SCHEMA), max_chunksize=max(1, end - start))
    _sync(path)


def _open(folder: Path) -> Index | None:
    try:
        watermark = int((folder / "current").read_text())
    except FileNotFoundError:
        return None
    shards = [_map(path) for path in sorted((folder / str(watermark)).iterdir())]
    starts = np.array([shard.hi[0] if len(shard.hi) else 0 for shard in shards], np.uint64)
    return Index(watermark, starts, shards)


def _map(path: Path) -> Shard:
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    columns = [
        table.column(name).chunk(0).to_numpy()
        if table.num_rows
        else np.empty(0, table.schema.field(name).type.to_pandas_dtype())
        for name in _SCHEMA.names
    ]
    return Shard(*columns)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
