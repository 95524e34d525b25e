"""Where a published ledger's files come from: a folder, or an HTTP server that nobody has to trust.

- No more is read than can stand at a path, and a server has a minute for it.
- A server's redirects are not followed: what was asked of it, it has to answer itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from solely.errors import BadInput, NotFound, Tampered, Unavailable
from solely.ledger.tiles import Fetch, max_bytes

__all__ = ["from_folder", "from_url", "in_folder"]

_SECONDS = 15.0  # for a connection, and between two parts of an answer
_WHOLE_SECONDS = 60.0  # for all parts of one
_FOUND, _MISSING = 200, 404
_BLOCK = 65_536


def from_folder(folder: Path) -> Fetch:
    """The files of a folder."""

    def fetch(path: str) -> bytes:
        where = folder / path
        try:
            with where.open("rb") as file:
                return _whole(iter(lambda: file.read(_BLOCK), b""), path)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("no such file", where=str(where)) from None

    return fetch


@contextmanager
def in_folder(folder: Path) -> Iterator[Fetch]:
    """`from_folder`, to be opened as `from_url` is."""
    yield from_folder(folder)


@contextmanager
def from_url(url: str) -> Iterator[Fetch]:
    """The files below a URL. Fetching raises Unavailable where the server does not answer as one that has them."""
    import httpx  # noqa: PLC0415 - it takes a while to load, and few commands need it

    if not url.startswith(("https://", "http://")):
        raise BadInput("not a web address", where=url, cure="one that begins with https://")
    with httpx.Client(follow_redirects=False, trust_env=False, timeout=_SECONDS) as client:

        def fetch(path: str) -> bytes:
            where = f"{url.rstrip('/')}/{path}"
            try:
                with client.stream("GET", where) as response:
                    if response.status_code == _MISSING:
                        raise NotFound("no such file", where=where)
                    if response.status_code != _FOUND:
                        raise Unavailable(f"answered {response.status_code}", where=where)
                    return _whole(_in_time(response.iter_bytes(), where), path)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Unavailable(f"does not answer ({type(error).__name__})", where=where) from None

        yield fetch


def _in_time(parts: Iterable[bytes], where: str) -> Iterator[bytes]:
    end = time.monotonic() + _WHOLE_SECONDS
    for part in parts:
        if time.monotonic() > end:
            raise Unavailable("takes too long", where=where)
        yield part


def _whole(parts: Iterable[bytes], path: str) -> bytes:
    data, limit = bytearray(), max_bytes(path)
    for part in parts:
        data += part
        if len(data) > limit:
            raise Tampered(f"over {limit} bytes", where=path)
    return bytes(data)
