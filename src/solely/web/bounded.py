"""HTTP/1.1 that takes so much and waits so long: who sends a head too large or too slowly, or falls silent, is left.

uvicorn bounds neither with httptools. A head has `read_seconds` in all, however it drips; a body may be silent for
as long at a time, and how long it may take in all is for whoever reads it to say.
"""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["bounded"]

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"  # RFC 6585 §5
)


class _TooLargeError(Exception):
    """Ends the parser: what it was given is refused already."""


class _Bounded(HttpToolsProtocol):
    header_bytes = 16_384
    read_seconds = 10.0

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
            self._refuse()

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
        if self._whole > self.header_bytes:
            self._refuse()
            raise _TooLargeError
        self._in_head, self._head = False, 0
        self._wait()
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._rest()
        self._in_head = True
        super().on_message_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        self._rest()
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _wait(self) -> None:
        self._rest()
        self._timer = self.loop.call_later(self.read_seconds, self._silent)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _silent(self) -> None:
        self._timer = None
        if not self._in_head and self.flow.read_paused:  # it is we who do not read
            self._wait()
        elif not self.transport.is_closing():
            self.transport.close()


def bounded(header_bytes: int, read_seconds: float) -> type[HttpToolsProtocol]:
    """The protocol with these bounds: the bytes of a request's line and headers together, and seconds."""
    return type("Bounded", (_Bounded,), {"header_bytes": header_bytes, "read_seconds": read_seconds})
