"""A client that costs little: requests as bytes over kept connections, and what became of them. For measuring alone."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["FORM", "HOST", "Seen", "Wire", "ask_all", "request"]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
_CLOSE = re.compile(rb"\r\nconnection: *close")
HOST = "127.0.0.1"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
Job = TypeVar("Job")


def request(
    method: str, path: str, body: Any = None, *, key: str | None = None, type_: str = JSON, **headers: str
) -> bytes:
    """A request. Its body is JSON, or of another type a text as it is."""
    data = b"" if body is None else json.dumps(body).encode() if type_ == JSON else body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}", f"content-length: {len(data)}"]
    if body is not None:
        lines.append(f"content-type: {type_}")
    if key is not None:
        lines.append(f"authorization: Bearer {key}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class Wire:
    """One connection, made when it is needed, and again once the other end closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0.0  # when its last request began, by time.perf_counter
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, data: bytes) -> tuple[int, bytes]:
        """Status and body. Raises OSError and asyncio.IncompleteReadError where no whole answer came.

        A connection that the other end closed while nothing was asked is made again, as any client does.
        """
        self.asked = time.perf_counter()
        if self._open is not None and self._open[0].at_eof():
            self.close()
        if self._open is None:
            self._open = await asyncio.open_connection(HOST, self.port)
        reader, writer = self._open
        try:
            writer.write(data)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
        except BaseException:
            self.close()
            raise
        if _CLOSE.search(head):
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


@dataclass
class Seen:
    """What was answered: seconds of each, statuses, and the seconds of all together."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def note(self, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self.times.append(seconds)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    def ms(self, part: float) -> float:
        """The time that this part of all took at most, in ms."""
        self.times.sort()
        return 1e3 * self.times[min(len(self.times) - 1, int(len(self.times) * part))] if self.times else 0.0


async def ask_all(
    wires: Sequence[Wire], jobs: Iterable[Job], do: Callable[[Wire, Job], Awaitable[int]], seen: Seen
) -> None:
    """Do these, each connection one after the other. `do` returns a status, or 0 for an answer that is not right."""
    waiting = list(jobs)

    async def go(wire: Wire) -> None:
        while waiting:
            job, began = waiting.pop(), time.perf_counter()
            seen.note(await do(wire, job), time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(go(wire) for wire in wires))
    seen.seconds += time.perf_counter() - began
