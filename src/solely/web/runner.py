"""Serving until told to end: within bounds, and what was begun is answered before it ends."""

from __future__ import annotations

import asyncio
import gc
import math
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from solely.app.serve_settings import ServeSettings
from solely.app.serving.signals import answered
from solely.web.bounded import Room, bounded

__all__ = ["serve_until_told"]

# Seconds after which a thread hands the interpreter on. What answers and what works take turns many times in a request,
# and with Python's 5 ms each may wait that long for its turn: at 0.5 ms a busy process answers up to twice as many
_SWITCH = 0.0005
_MARGIN = 30  # seconds after the drain, by which a process is gone whatever holds it


class _Server(uvicorn.Server):
    """Ends by SIGTERM or SIGINT and leaves it at that: what is open around it is closed in its turn."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], last: int) -> None:
        super().__init__(config)
        self._ready, self._last = ready, last

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with answered(self._tell_to_end, signal.SIGTERM, signal.SIGINT):
            yield

    def _tell_to_end(self, _number: int, _frame: object) -> None:
        self.should_exit = True
        signal.alarm(self._last)  # whose signal ends it


def serve_until_told(
    app: ASGIApp,
    has_room: Room,
    place: socket.socket,
    settings: ServeSettings,
    directory: Path,
    ready: Callable[[], None],
) -> None:
    """Serve at a socket until SIGTERM or SIGINT, then answer what was begun, within `drain-seconds`.

    `has_room`: see `bounded`. `ready` is called once it answers. Paths of the settings begin at `directory`.
    """
    listen, limits = settings.listen, settings.limits
    drain = math.ceil(limits.drain_seconds)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=bounded(limits.header_bytes, limits.read_seconds, limits.connections, has_room),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(limits.read_seconds),
        timeout_graceful_shutdown=drain,
        ssl_certfile=directory / listen.tls_certificate if listen.tls_certificate else None,
        ssl_keyfile=directory / listen.tls_key if listen.tls_key else None,
    )
    sys.setswitchinterval(_SWITCH)
    gc.collect()
    gc.freeze()  # all that was loaded stays: to look through it again and again would let everybody wait
    server = _Server(config, ready, drain + _MARGIN)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve([place]))
