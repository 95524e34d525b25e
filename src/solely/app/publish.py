"""Publish the ledger as a folder of static files (C2SP tlog-tiles), which any HTTP server can serve.

- Only what a signed head covers; the head is written last, so who reads it finds every file it speaks of.
- Each file takes its place in one step, and all are durable before the head is. Some are written at once: a disk makes
  eight files durable in the time of one.
- It goes on from what is there. What was published under a head is never written again; where the log does not
  continue it, nothing is published: two histories under one key are what a ledger must not have.
- Partial files go once their full one is under a published head.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from solely.app.fetch import from_folder
from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from solely.ledger.published import read_head
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import CHECKPOINT, Edge, File, bundle_path, grow, tile_path, widths
from solely.ledger.tree import EMPTY_ROOT, leaf_hash
from solely.store.durable import locked, sync

__all__ = ["BodiesFrom", "Published", "publish"]

BodiesFrom = Callable[[int], Generator[bytes]]  # the log's entries from a sequence on
_AT_ONCE = 8  # files


@dataclass(frozen=True, slots=True)
class Published:
    """How many entries the published head covers, and how many files were written for it, with the head itself."""

    size: int
    files: int


def publish(
    bodies_from: BodiesFrom,
    sign: Callable[[], str],
    key: VerifierKey,
    folder: Path,
    seen: Callable[[int], None] = lambda _size: None,
) -> Published:
    """Bring a folder up to the newest signed head, which `sign` gives; it is asked for under the folder's lock.

    `seen` is told now and then how many entries the folder has.

    Raises Tampered where the entries are not what was signed, or not what was published before; the published head
    then stays as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), _Writing(folder) as writing:
        note = sign()  # now, so that nobody else can have published a newer one
        head, old = verify_checkpoint(note, key), _published(folder, key)
        if old.size > head.size:
            what, cure = f"{old.size} entries were published, and the ledger has {head.size}", "restore a newer backup"
            raise Tampered(what, where=str(folder), cure=cure)
        if old.size == head.size and old.root != head.root:
            raise Tampered(f"another history of {old.size} entries was published", where=str(folder))
        if old.size < head.size:
            edge = TileTree(from_folder(folder), old).edge
            with closing(bodies_from(edge.at_bundle().size)) as bodies:
                _grow(edge, bodies, head, writing, seen)
        if not _is_there(folder / CHECKPOINT, note):
            writing.put((CHECKPOINT, note.encode()))
            writing.sync()
        _drop_partial(folder, old.size, head.size)
    return Published(head.size, writing.count)


def _published(folder: Path, key: VerifierKey) -> Checkpoint:
    if not (folder / CHECKPOINT).exists():
        return Checkpoint(key.name, 0, EMPTY_ROOT)
    return read_head(from_folder(folder), key)[0]


def _is_there(path: Path, note: str) -> bool:
    return path.exists() and path.read_bytes() == note.encode()


def _grow(
    edge: Edge, bodies: Iterable[bytes], head: Checkpoint, writing: _Writing, seen: Callable[[int], None]
) -> None:
    """Write the tiles from the last published bundle on; durable on return."""
    begin, known = edge.at_bundle(), edge.levels[0] if edge.levels else ()
    for after, files in grow(begin, islice(_as_published(bodies, known), head.size - begin.size)):
        edge = after
        for file in files:
            writing.put(file)
        seen(edge.size)
    writing.sync()
    if edge.size != head.size or edge.root() != head.root:
        raise Tampered("the stored entries are not what was signed", where=f"checkpoint at {head.size} entries")


def _as_published(bodies: Iterable[bytes], known: tuple[bytes, ...]) -> Iterator[bytes]:
    """The bodies, whose first ones have to have the leaf hashes that were published."""
    for at, body in enumerate(bodies):
        if at < len(known) and leaf_hash(body) != known[at]:
            raise Tampered("another entry was published in its place", where="ledger")
        yield body


def _drop_partial(folder: Path, old: int, new: int) -> None:
    """Remove partial files of the size before whose full ones are there now."""
    for level, width in enumerate(widths(old)):
        number = old >> 8 * (level + 1)
        if width and number < new >> 8 * (level + 1):
            shutil.rmtree((folder / tile_path(level, number, width)).parent, ignore_errors=True)
            if level == 0:
                shutil.rmtree((folder / bundle_path(number, width)).parent, ignore_errors=True)


class _Writing:
    """Files that take their places in a folder, some at once, and are durable after `sync`.

    A context manager, which ends when none is being written any more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._touched = folder, set[Path]()
        self._pool, self._running = ThreadPoolExecutor(_AT_ONCE), deque[Future[None]]()
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def put(self, file: File) -> None:
        """Have one file written; raises what went wrong with one before. Few wait, so memory does not grow."""
        while len(self._running) >= 2 * _AT_ONCE:
            self._running.popleft().result()
        self._running.append(self._pool.submit(_write, self._folder / file[0], file[1]))
        self._touched.add((self._folder / file[0]).parent)
        self.count += 1

    def sync(self) -> None:
        """Return when all is durable: the files, and the names, those of new folders too."""
        while self._running:
            self._running.popleft().result()
        inside = {above for one in self._touched for above in (one, *one.parents) if above.is_relative_to(self._folder)}
        for folder in inside:
            sync(folder)
        self._touched.clear()


def _write(path: Path, data: bytes) -> None:
    """One file, its content durably; it takes its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
