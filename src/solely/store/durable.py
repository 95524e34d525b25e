"""Files and folders that are there whole and durably, or as they were before."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from solely.errors import Conflict

__all__ = ["locked", "put", "sync", "whole_folder"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone in a folder among all, threads and processes, who ask for it so. It ends with the process that holds it."""
    handle = os.open(folder, os.O_RDONLY)  # a lock belongs to what was opened: each thread opens its own
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def put(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file in one step, durable on return; it keeps its owner. The caller holds the folder's lock."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)  # of one who was killed
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        with suppress(FileNotFoundError):
            old = path.stat()
            if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):  # root writes what another process reads
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file's content, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole_folder(target: Path, clear: Callable[[Path], None] = shutil.rmtree) -> Iterator[Path]:
    """A new folder, which takes its place when the block ends: whole and durable, or not at all.

    What one who was killed left of it is cleared first. Raises Conflict where something is there already, or is being
    made at this moment.
    """
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise Conflict("there is something here already", where=str(target), cure="name a new folder")
    part = target.with_name(f".{target.name}.part")
    part.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _taken(part):
        for left in part.iterdir():
            clear(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        try:
            yield part
            _sync_all(part)
            if target.exists():
                target.rmdir()
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync(target.parent)


@contextmanager
def _taken(part: Path) -> Iterator[None]:
    handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = part.exists() and os.fstat(handle).st_ino == part.stat().st_ino  # not of one who just ended
        except BlockingIOError:
            mine = False
        if not mine:
            raise Conflict("it is being made at this moment", where=str(part), cure="wait until that ends")
        yield
    finally:
        os.close(handle)


def _sync_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() or path.is_dir():
            sync(path)
    sync(folder)
