"""A file in which an answer keeps what it would else have to make again: a head as JSON, and parts, each with its CRC.

It is written whole and takes its place in one step. Whatever it holds can be made again from the database: one of
another format is as good as none, and one that is damaged is thrown away by whoever meets `DamagedError`.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["DamagedError", "Kept", "forget", "read", "write"]

_FORMAT = 1
_MAX_HEAD = 1 << 26  # bytes


class DamagedError(Exception):
    """A part is not what was written. Nobody is told: it is thrown away, and made again."""


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A file that is open: its head, and where each part stands in it. A part is checked when it is read."""

    head: Mapping[str, Any]
    places: Mapping[str, tuple[int, int, int]]
    data: mmap.mmap

    def part(self, name: str) -> bytes:
        """The bytes of a part; none where there is none of that name. Raises DamagedError."""
        if name not in self.places:
            return b""
        offset, length, crc = self.places[name]
        part = self.data[offset : offset + length]
        if len(part) != length or zlib.crc32(part) != crc:
            raise DamagedError
        return part


def read(path: Path) -> Kept | None:
    """Open a file; None where there is none, or its head is none."""
    try:
        with path.open("rb") as file:
            line = file.readline(_MAX_HEAD)
            content = json.loads(line)
            if content["format"] != _FORMAT or zlib.crc32(json.dumps(content["head"]).encode()) != content["crc"]:
                return None
            places = {name: (len(line) + at, length, crc) for name, (at, length, crc) in content["parts"].items()}
            return Kept(content["head"], places, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def forget(folder: Path) -> None:
    """Throw away all that is kept in a folder; who reads it goes on reading it."""
    for path in folder.iterdir():
        path.unlink(missing_ok=True)


def write(path: Path, head: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """Write a file, durable on return; one writer at a time."""
    places, at = {}, 0
    for name, part in parts.items():
        places[name] = (at, len(part), zlib.crc32(part))
        at += len(part)
    content = {"format": _FORMAT, "crc": zlib.crc32(json.dumps(head).encode()), "head": head, "parts": places}
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(json.dumps(content).encode() + b"\n")
        for part in parts.values():
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
