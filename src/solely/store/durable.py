"""Files that are there whole and durably, or as they were before."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked", "put", "sync"]


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
    """Write a file in one step, durable on return. The caller holds the folder's lock."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)  # of one who was killed
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
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
