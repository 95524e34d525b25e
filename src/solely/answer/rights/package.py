"""A ZIP file that is written as it goes: what is in it by name, each with its SHA-256, and last a list of them.

- The same content is the same bytes: no entry has a time, an owner or a place on a disk.
- The file is its owner's alone (0600) and takes its place in one step, once it is whole and durable.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from solely.errors import Conflict

__all__ = ["MANIFEST", "Package", "packing", "zipping"]

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time a ZIP file can say


class Package:
    """A ZIP file that is being written. Not for two threads."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.files: list[dict[str, Any]] = []

    def add(self, name: str, parts: Iterable[str | bytes]) -> None:
        """Add a file, piece by piece."""
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self._file.open(entry, "w", force_zip64=True) as out:
            for part in parts:
                data = part.encode() if isinstance(part, str) else part
                digest.update(data)
                size += len(data)
                out.write(data)
        self.files.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})

    def add_json(self, name: str, content: Any) -> None:
        """Add a file of JSON; it is never in memory as a whole text."""
        self.add(name, _encoded(content))


def _encoded(content: Any) -> Iterator[str]:
    yield from json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(content)
    yield "\n"


@contextmanager
def zipping(out: IO[bytes], head: Callable[[], dict[str, Any]]) -> Iterator[Package]:
    """A ZIP file written to `out`. At its end comes the manifest: what `head` says, and every file."""
    with zipfile.ZipFile(out, "w") as file:
        package = Package(file)
        yield package
        package.add_json(MANIFEST, {**head(), "files": list(package.files)})


@contextmanager
def packing(path: Path, head: Callable[[], dict[str, Any]]) -> Iterator[Package]:
    """A new file at `path`; see `zipping`.

    Raises Conflict where something is there already. What fails leaves nothing.
    """
    part = path.with_name(f".{path.name}.part")
    if path.exists():
        raise Conflict("there is a file of that name already", where=str(path), cure="name a new one")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            with zipping(out, head) as package:
                yield package
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
