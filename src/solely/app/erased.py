"""The list of erasures, kept outside the database: whom a restore brings back is erased again, before anything else.

- It names nobody: a line has an erasure's id and the random names by which the person was known here.
- A line is durable before the erasure is begun. One that did not come to its end is finished at the next start.
- So is a file of its id, in a folder beside the list, until the index files are written without that person's tokens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from solely.errors import Tampered
from solely.store.durable import locked, put, sync

__all__ = ["add", "owe", "owed", "read", "settle", "write"]

_OWED = "to-compact"


def add(path: Path, erasure: UUID, pseudonyms: Sequence[UUID]) -> None:
    """Add a line, durably."""
    line = _line(erasure, pseudonyms)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with locked(path.parent):
        new = not path.exists()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
            file.write(f"\n{line}\n")  # on a line of its own, whatever a full disk left of the last one
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(path.parent)


def write(path: Path, erasures: Mapping[UUID, Sequence[UUID]]) -> None:
    """Write a list of its own, durably; nothing where there are none."""
    if erasures:
        put(path, "".join(f"{_line(erasure, names)}\n" for erasure, names in erasures.items()))


def _line(erasure: UUID, pseudonyms: Sequence[UUID]) -> str:
    return json.dumps({"erasure": str(erasure), "pseudonyms": [str(one) for one in pseudonyms]})


def read(path: Path) -> dict[UUID, tuple[UUID, ...]]:
    """The erasures that were begun, by their ids; what a full disk left of a line was none.

    Raises Tampered for a whole line that is none.
    """
    found = {}
    if path.exists():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), 1):
            if line.strip() and line.endswith("}\n"):
                try:
                    content = json.loads(line)
                    found[UUID(content["erasure"])] = tuple(UUID(one) for one in content["pseudonyms"])
                except (ValueError, LookupError, TypeError, AttributeError):
                    raise Tampered(
                        "not a line of erasures", where=f"{path}, line {number}", cure="restore the file"
                    ) from None
    return found


def owe(path: Path, erasure: UUID) -> None:
    """Note durably, before an erasure is begun, that index files are to be written anew after it."""
    folder = path.parent / _OWED
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / str(erasure)).touch(mode=0o600)
    sync(folder)


def owed(path: Path) -> list[UUID]:
    """The erasures after which that was not done, or is being done."""
    folder = path.parent / _OWED
    return [UUID(one.name) for one in folder.iterdir()] if folder.exists() else []


def settle(path: Path, erasures: Iterable[UUID]) -> None:
    """It is done for these."""
    for one in erasures:
        (path.parent / _OWED / str(one)).unlink(missing_ok=True)
