"""Which givings stand no longer: what is kept of it in a file beside the indexes, and what ended since.

- Ends are numbered in the order in which they became durable. The file holds all up to a number, and all
  that expired up to a time; the rest is asked of the database each time, so an end counts as soon as it is recorded.
- The file says which end its number belongs to. One that is damaged, or made from another database than
  this (a restored one, say), or under a clock that was ahead, is dropped and made anew.
"""

from __future__ import annotations

import json
import os
import zlib
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pyroaring import BitMap

from solely.store import advertising as store

__all__ = ["ended"]

_FORMAT = 1
KEEP = 1_000  # ends that are worth writing the file again
_START = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    mark: str
    time: datetime
    givings: BitMap


def ended(folder: Path, connection: psycopg.Connection, now: datetime, keep: int = KEEP) -> BitMap:
    """The numbers of all givings that stand no longer at `now`, or whose end was recorded before this call.

    The file is written anew once `keep` more have ended.
    """
    path = folder / "ended"
    kept = _read(path)
    if kept.time > now or store.ending_mark(connection, kept.number) != kept.mark:
        path.unlink(missing_ok=True)
        kept = _Kept(0, "", _START, BitMap())
    upto = store.last_ending(connection)
    since = store.ended_since(connection, kept.number, upto, kept.time, now)
    givings = kept.givings | BitMap(array("I", since))
    if len(since) >= keep:
        _write(path, _Kept(upto, store.ending_mark(connection, upto), now, givings))
    return givings


def _read(path: Path) -> _Kept:
    """What is kept; nothing where the file is not there, damaged or of another format."""
    try:
        head, _, data = path.read_bytes().partition(b"\n")
        content = json.loads(head)
        if content["format"] == _FORMAT and zlib.crc32(data) == content["crc"]:
            time = datetime.fromisoformat(content["time"])
            return _Kept(content["number"], content["mark"], time, BitMap.deserialize(data))
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return _Kept(0, "", _START, BitMap())


def _write(path: Path, kept: _Kept) -> None:
    """Durable before it takes the old one's place. Whoever writes at the same time has a file of its own."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = kept.givings.serialize()
    head = {
        "format": _FORMAT,
        "number": kept.number,
        "mark": kept.mark,
        "time": kept.time.isoformat(),
        "crc": zlib.crc32(data),
    }
    fresh = path.with_name(f"ended.{os.getpid()}.new")
    with fresh.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n" + data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
