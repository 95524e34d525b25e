"""The indexes in use: each opened and checked once, and made anew where it is missing, damaged or far behind.

What came after an index is its delta, read from the database for each match. When it has grown, the index and
its delta become the next index, without reading again what did not change.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import psycopg
from pyroaring import BitMap

from solely.audiences import index
from solely.audiences.ended import ended
from solely.audiences.index import Index, Shard, sort_shard
from solely.store import advertising as store

__all__ = ["Shelf", "read_delta"]

LEAST = 20_000  # givings that are not worth a new index
_SHARE = 100  # a new index when the delta is over a hundredth of it


class Shelf:
    """The indexes of a folder, one a purpose. A delta is small up to `least` givings."""

    __slots__ = ("_least", "_open", "folder")

    def __init__(self, folder: Path, least: int = LEAST) -> None:
        self.folder, self._least = folder, least
        self._open: dict[str, Index] = {}

    def current(self, connection: psycopg.Connection, purpose: str, now: datetime) -> Index:
        """The index of a purpose, made or made anew where it has to be. Its delta is small."""
        found = self._read(connection, purpose)
        if found is None or self._behind(found, store.last_number(connection)):
            with _alone(self.folder / purpose):
                found = self._read(connection, purpose)  # someone else may just have made it
                upto = store.settled_number(connection, now, found.watermark if found else 0)
                if found is None or self._behind(found, upto):
                    self._make(connection, purpose, now, found, upto)
                    found = self._read(connection, purpose)
        assert found is not None, "written a moment ago"
        return found

    def ended(self, connection: psycopg.Connection, now: datetime) -> BitMap:
        """The givings that stand no longer; see `ended.ended`."""
        return ended(self.folder, connection, now)

    def compact(self, connection: psycopg.Connection, purpose: str, now: datetime) -> None:
        """Write an index anew, less what ended; nothing where there is none yet."""
        with _alone(self.folder / purpose):
            found = self._read(connection, purpose)
            if found:
                upto = store.settled_number(connection, now, found.watermark)
                self._make(connection, purpose, now, found, max(upto, found.watermark))

    def keys(self, connection: psycopg.Connection, purpose: str) -> frozenset[int]:
        """The numbers of the keys that an index is under; none where there is none yet."""
        found = self._read(connection, purpose)
        return found.keys if found else frozenset()

    def rebuild(self, connection: psycopg.Connection, purpose: str, now: datetime) -> None:
        """Write an index from the database alone, under the keys its tokens are under there."""
        with _alone(self.folder / purpose):
            self._make(connection, purpose, now, None, store.settled_number(connection, now, 0))

    def _behind(self, found: Index, last: int) -> bool:
        return last - found.watermark > max(self._least, found.rows // _SHARE)

    def _read(self, connection: psycopg.Connection, purpose: str) -> Index | None:
        """The index that `current` names, if it is whole and was made from this database."""
        folder = self.folder / purpose
        found = self._open.pop(purpose, None)
        while (text := index.named(folder)) is not None:
            if found is None or found.text != text:
                found = index.read(folder, text)
            if found and store.giving_mark(connection, found.watermark) == found.mark:
                self._open[purpose] = found
                return found
            if text == index.named(folder):  # else its folder went while it was read: another is in its place
                break
        return None

    def _make(self, connection: psycopg.Connection, purpose: str, now: datetime, old: Index | None, upto: int) -> None:
        mark = store.giving_mark(connection, upto)
        fresh, keys = _read_tokens(connection, purpose, now, old.watermark if old else 0, upto)
        if old:
            fresh, keys = _grow(old, fresh, self.ended(connection, now)), keys | old.keys
        index.write(self.folder / purpose, fresh, upto, mark, keys=keys)


def read_delta(connection: psycopg.Connection, purpose: str, now: datetime, above: int) -> tuple[Shard, frozenset[int]]:
    """The standing tokens that came after `above`, and the numbers of the keys they are under."""
    return _read_tokens(connection, purpose, now, above, store.last_number(connection))


def _read_tokens(
    connection: psycopg.Connection, purpose: str, now: datetime, above: int, upto: int
) -> tuple[Shard, frozenset[int]]:
    givings, members, tokens = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
    keys: frozenset[int] = frozenset()
    if upto > above:
        store.admit_members(connection, above)
        for numbers, persons, counts, block, under in store.live_tokens(connection, purpose, now, above, upto):
            keys |= under
            givings.append(np.repeat(numbers, counts))
            members.append(np.repeat(persons, counts))
            tokens.append(block)
    halves = np.frombuffer(b"".join(tokens), ">u8").reshape(-1, 2).astype(np.uint64)
    return sort_shard(halves, np.concatenate(givings), np.concatenate(members)), keys


def _grow(old: Index, delta: Shard, ended: BitMap) -> Shard:
    """An index and its delta as one, less what ended."""
    shards = (*old.shards, delta)
    givings = np.concatenate([one.giving for one in shards])
    members = np.concatenate([one.member for one in shards])
    halves = np.concatenate([np.stack((one.hi, one.lo), axis=1) for one in shards])
    stands = ~np.isin(givings, np.array(ended.to_array(), np.uint32))
    return sort_shard(halves[stands], givings[stands], members[stands])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time, in all processes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
