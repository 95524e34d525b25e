"""A folder for what an audit spills: gone at the end; what a killed audit left is gone with the next one.

Each holds a file that its owner keeps locked (flock): where the lock is free, the owner is dead.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from solely.errors import Unavailable

__all__ = ["scratch"]

_PREFIX = "solely-audit-"


@contextmanager
def scratch(temp: Path) -> Iterator[Path]:
    """A new folder in `temp`, for this user alone. Raises Unavailable where there is no such place."""
    if not temp.is_dir():
        raise Unavailable("the temporary directory is not there", where=str(temp), cure="name one that is: --temp DIR")
    _clean(temp)
    with TemporaryDirectory(prefix=_PREFIX, dir=temp) as directory:
        folder = Path(directory)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _clean(temp: Path) -> None:
    for folder in temp.glob(f"{_PREFIX}*"):
        try:
            with (folder / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # at work, of another user, or being made
            continue
