"""The door: what each request passes, whatever it asks for. Bounds, a request id, security headers, a figure.

More at once than there is room for are turned away at once (503): waiting would help nobody. Who has not sent all of
their request is not among them, so that those who send slowly take no room from others. A server that asks for room
as a request comes (`has_room`) tells who is turned away before it goes on with what came earlier.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from solely.app.serve_settings import Limits
from solely.errors import Unavailable
from solely.web.api.answer import Answer
from solely.web.api.metrics import Metrics
from solely.web.api.problem import other, problem

__all__ = ["ALWAYS", "Door", "method_of", "route_of"]

ALWAYS = ("/health/live", "/health/ready")  # answered however busy it is
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID, _DRAWN = 8, 4096  # bytes
_ROOM = "solely.room"  # in the scope of a request that room is kept for
_HEADERS = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
)


class Door:
    """What stands before the application."""

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app, self._limits, self._metrics = app, limits, metrics
        self._busy, self._ids = 0, _ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":  # there is nothing to start: whoever opened this did
            return
        began, id_, status = time.perf_counter(), next(self._ids), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS:
                    headers.setdefault(name, value)
                headers["x-request-id"] = id_
            await send(message)

        if _ROOM not in scope:
            self._count(1)
        try:
            await self._pass(scope, self._receiving(receive), sent)
        except Exception:  # noqa: BLE001 - told and written down already, where it happened
            status = 500
        finally:
            self._count(-1)
            self._note(scope, status, time.perf_counter() - began)

    def has_room(self, scope: Scope) -> bool:
        """Whether there is room for a request that comes: then it is kept for it. Else call this, which says so."""
        if scope["path"] not in ALWAYS and self._busy >= self._limits.at_once:
            return False
        scope[_ROOM] = True
        self._count(1)
        return True

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (answer := self._turned_away(scope)) is not None:
            await answer.response()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _turned_away(self, scope: Scope) -> Answer | None:
        if scope["path"] not in ALWAYS and _ROOM not in scope and (full := self._full()):
            return problem(full)
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > self._limits.header_bytes:
            return other(431, "the headers are too large", f"send {self._limits.header_bytes} bytes at most")
        return None

    def _full(self) -> Unavailable | None:
        if self._busy <= self._limits.at_once:
            return None
        self._metrics.turned_away.inc()
        return Unavailable("too many at once", where="this service", cure="ask again in a moment")

    def _receiving(self, receive: Receive) -> Receive:
        """What comes of a request, which counts again once it came: there is to be room for it then."""
        begun = whole = False

        async def received() -> Message:
            nonlocal begun, whole
            if whole:
                return await receive()
            self._count(-1)
            try:
                message = await receive()
            finally:
                self._count(1)
            if not begun and (full := self._full()):
                raise full
            begun, whole = True, not message.get("more_body", False)
            return message

        return received

    def _count(self, more: int) -> None:
        self._busy += more
        self._metrics.busy.set(self._busy)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        self._metrics.note(method_of(scope), route_of(scope), status, seconds)


def method_of(scope: Scope) -> str:
    """How a route is asked; `other` for what is no method of ours: somebody may have typed it."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def route_of(scope: Scope) -> str:
    """The pattern of the route that took a request, once it did, else `none`: a path may name a person."""
    path: str = getattr(scope.get("route"), "path", "none")
    return path


def _ids() -> Iterator[str]:
    """Random ids, many drawn at a time: while one is drawn another thread may take the interpreter, and keep it."""
    while True:
        drawn = secrets.token_bytes(_DRAWN)
        for place in range(0, _DRAWN, _ID):
            yield drawn[place : place + _ID].hex()
