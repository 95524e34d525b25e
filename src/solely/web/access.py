"""A line of the log for each request: its method, the route that took it, its status and how long it took.

No path, query or address of who asks: a person may have typed the first two, and the third is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from solely.app.serving.log import Log, failed
from solely.web.api.door import method_of, route_of

__all__ = ["Logged"]

_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}", re.ASCII)
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked all the time, by machines


class Logged:
    """An application that logs what it answers. `ticks` counts seconds."""

    def __init__(self, app: ASGIApp, log: Log, ticks: Callable[[], float]) -> None:
        self._app, self._log, self._ticks = app, log, ticks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, told = self._ticks(), dict[str, Any](status=500)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.update(status=message["status"], **_request(message))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            failed(self._log, error, "a request failed")
            raise
        finally:
            route = route_of(scope)
            tell = self._log.debug if route in _QUIET else self._log.info
            tell("request", method=method_of(scope), route=route, ms=round(1000 * (self._ticks() - begun), 1), **told)


def _request(message: Message) -> dict[str, str]:
    """The request's id, as its answer names it."""
    found = dict(message.get("headers", ())).get(b"x-request-id", b"")
    return {"request": found.decode()} if _ID.fullmatch(found) else {}
