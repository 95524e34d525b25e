"""A list's bytes on their way: sealed in a file of its own, piece by piece, until they are matched.

- A piece is 4 bytes of length, then nonce, ciphertext and tag (AES-256-GCM-SIV). It is bound to its list and to where
  it stands in it, so no piece can be moved, or put into another list's file.
- What `keep` returned from is durable. A piece that was cut off, by a kill or a full disk, was never acknowledged: it
  is cut away before anything is added, and not read.
- One writes at a time, or one reads: both hold a lock on the file.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO
from uuid import UUID

from solely.errors import Conflict, Tampered, Unavailable
from solely.keys import NONCE_BYTES, BoxKey, Entropy
from solely.store.durable import sync

__all__ = ["PIECE", "Spool", "Writing", "poured"]

PIECE = 1 << 20  # bytes of a list in one piece, at most
_HEAD, _TAG = 4, 16
_MORE = _HEAD + NONCE_BYTES + _TAG


@dataclass(frozen=True, slots=True, repr=False)
class Spool:
    """The file of one list. `box` opens it: nobody who has the file alone can."""

    path: Path
    upload: UUID
    box: BoxKey
    entropy: Entropy

    @property
    def size(self) -> int:
        """How many bytes of the list are there."""
        try:
            with self.path.open("rb") as file:
                return _measure(file)[0]
        except FileNotFoundError:
            return 0

    @contextmanager
    def held(self) -> Iterator[IO[bytes]]:
        """Its file, which is made where there is none. Raises Conflict where another has it at this moment."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            _lock(file)
            yield file

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Add to it. Raises Conflict where another does at this moment."""
        with self.held() as file:
            size, end = _measure(file)
            file.truncate(end)
            file.seek(end)
            yield Writing(self, file, size, size, end)

    @contextmanager
    def reading(self) -> Iterator[Iterator[bytes]]:
        """Its pieces, in their order. Raises Tampered for one that does not open, Conflict while another has it."""
        with self.path.open("rb") as file:
            _lock(file)
            yield self._pieces(file)

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        at, end = 0, _measure(file)[1]
        file.seek(0)
        while file.tell() < end:
            length = int.from_bytes(file.read(_HEAD), "big")
            yield self.box.open(file.read(length + _MORE - _HEAD), self.bound(at))
            at += length

    def bound(self, at: int) -> bytes:
        """What a piece is bound to."""
        return self.upload.bytes + at.to_bytes(8, "big")


@dataclass(slots=True, repr=False)
class Writing:
    """A file being added to. `offset` is how many bytes of the list it has."""

    spool: Spool
    file: IO[bytes]
    offset: int
    _from: int
    _end: int

    def add(self, data: bytes) -> None:
        """Seal some more. Raises Unavailable where the disk has no room: then it is to be opened anew."""
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            nonce = self.spool.entropy(NONCE_BYTES)
            box = self.spool.box.close(nonce, piece, self.spool.bound(self.offset))
            self._write(len(piece).to_bytes(_HEAD, "big") + box)
            self.offset += len(piece)

    def _write(self, data: bytes) -> None:
        try:
            left = memoryview(data)
            while left:
                left = left[self.file.write(left) :]
        except OSError as error:
            cure = "free some disk, or send it later"
            raise Unavailable("the list can't be kept", where=f"errno {error.errno}", cure=cure) from None

    def keep(self) -> None:
        """What was added is durable when this returns."""
        try:
            os.fsync(self.file.fileno())
            if not self._from:
                sync(self.spool.path.parent)
        except OSError as error:
            raise Unavailable("the list can't be kept", where=f"errno {error.errno}", cure="free some disk") from None

    def back(self) -> None:
        """Take back what was added since this was opened."""
        self.file.truncate(self._end)
        self.offset = self._from


def _lock(file: IO[bytes]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        what = "this list is being sent, or read, at this moment"
        raise Conflict(what, where="upload", cure="wait until that has ended, then ask how far it came") from None


def _measure(file: IO[bytes]) -> tuple[int, int]:
    """How many bytes of the list are whole, and where they end in the file."""
    size, at, whole = os.fstat(file.fileno()).st_size, 0, 0
    while at + _MORE <= size:
        file.seek(at)
        length = int.from_bytes(file.read(_HEAD), "big")
        if not 0 < length <= PIECE:
            raise Tampered("a list on its way is not what was written", where="its file", cure="send it again")
        if at + length + _MORE > size:
            break
        at, whole = at + length + _MORE, whole + length
    return whole, at


@contextmanager
def poured(pieces: Callable[[], Iterator[bytes]]) -> Iterator[IO[bytes]]:
    """A pipe into which a thread pours them. Raises at its end what stopped the pouring: what was read is not whole."""
    out, into = os.pipe()
    faults: list[BaseException] = []

    def pour() -> None:
        try:
            with os.fdopen(into, "wb", buffering=0) as pipe:
                for piece in pieces():
                    left = memoryview(piece)
                    while left:
                        left = left[pipe.write(left) :]
        except BrokenPipeError:  # whoever reads has enough
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by who reads
            faults.append(error)

    thread = Thread(target=pour, name="pouring", daemon=True)
    thread.start()
    try:
        with os.fdopen(out, "rb", buffering=0) as pipe:
            yield pipe
    finally:
        thread.join()
    if faults:
        raise faults[0]
