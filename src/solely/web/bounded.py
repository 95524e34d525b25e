"""HTTP/1.1 that takes so much and waits so long: who sends a head too large or too slowly, or falls silent, is left.

uvicorn bounds neither with httptools. A head has `read_seconds` in all, however it drips; a body may be silent for
twice as long at a time, and how long it may take in all is for whoever reads it to say, who can say it in an answer.
What is refused here is told as a problem, as everywhere.

Whom the application has no room for it tells so, and that is done before what came earlier goes on: as a task of its
own it would come after all of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from solely.errors import BadInput, TooSlow, Unavailable
from solely.web.api.answer import Answer
from solely.web.api.problem import other, problem

__all__ = ["Room", "bounded"]

Room = Callable[[Scope], bool]

_TOO_LARGE = other(431, "the request's line and headers are too large")
_TOO_SLOW = problem(TooSlow("the request did not come in time", cure="send it at once"))
_TOO_MANY = problem(Unavailable("too many connections", where="this service", cure="ask again in a moment"))
_BAD = problem(BadInput("not HTTP/1.1", where="request"))


class _RefusedError(Exception):
    """Ends the parser: what it was given is answered already."""


class _Bounded(HttpToolsProtocol):
    header_bytes = 16_384
    read_seconds = 10.0
    most = 2_000
    has_room: Room

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._in_head, self._head, self._whole = True, 0, 0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._head += len(data) if self._in_head else 0
        if self._timer and not self._in_head:
            self._wait()  # a body that goes on
        super().data_received(data)
        if self._in_head and self._head > self.header_bytes:
            self._refuse(_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._whole = True, 0
        if self._timer is None:
            self._wait()

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._whole += len(url)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._whole += len(name) + len(value) + 4

    @override
    def on_headers_complete(self) -> None:
        refused = _TOO_LARGE if self._whole > self.header_bytes else None
        if refused or len(self.connections) > self.most:
            self._refuse(refused or _TOO_MANY)
            raise _RefusedError
        self._in_head, self._head = False, 0
        self._wait()
        super().on_headers_complete()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope: Any = cycle.scope
        if self.pipeline or self.flow.write_paused or type(self).has_room(scope):
            super()._start_asgi_task(cycle, app)
            return
        try:
            cycle.run_asgi(app).send(None)
        except StopIteration:
            return
        raise RuntimeError("who is turned away was to wait for something")

    @override
    def on_message_complete(self) -> None:
        self._rest()
        self._in_head = True
        super().on_message_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(_BAD)

    def _refuse(self, answer: Answer) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.transport.write(_bytes_of(answer))
            self.transport.close()

    def _wait(self) -> None:
        self._rest()
        seconds = self.read_seconds if self._in_head else 2 * self.read_seconds
        self._timer = self.loop.call_later(seconds, self._silent)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _silent(self) -> None:
        self._timer = None
        if not self._in_head and self.flow.read_paused:  # it is we who do not read
            self._wait()
        elif self._in_head and self._head:
            self._refuse(_TOO_SLOW)
        elif not self.transport.is_closing():
            self.transport.close()


def _bytes_of(answer: Answer) -> bytes:
    """An answer after which the connection ends (RFC 9112 §9.6)."""
    headers = {**answer.headers, "content-type": answer.type, "content-length": str(len(answer.body))}
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", "connection: close"]
    lines += [f"{name}: {text}" for name, text in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


def bounded(
    header_bytes: int, read_seconds: float, most: int, has_room: Room = lambda _: True
) -> type[HttpToolsProtocol]:
    """The protocol with these bounds: the bytes of a request's line and headers together, seconds, connections.

    `has_room` is asked of each request that comes; an application that has none answers without waiting for anything.
    """
    bounds = {"header_bytes": header_bytes, "read_seconds": read_seconds, "most": most}
    return type("Bounded", (_Bounded,), bounds | {"has_room": staticmethod(has_room)})
