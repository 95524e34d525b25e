"""Threads that work, each with parts of its own: connections are made when they are first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.errors import Unavailable

__all__ = ["Workers"]

Result = TypeVar("Result")


class Workers:
    """So many threads. Close it at the end: what is being done is done first."""

    def __init__(self, ground: Ground, size: int, wait: float) -> None:
        """`wait`: the seconds for which a request may wait for a thread."""
        self._ground, self._wait = ground, wait
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="solely")
        self._free = asyncio.Semaphore(size)
        self._here = threading.local()
        self._all: set[Parts] = set()
        self._lock = threading.Lock()

    async def run(self, act: Callable[[Parts], Result], most: float | None = None) -> Result:
        """What an act returns, done in one of the threads with its parts; raises what it raises.

        Raises Unavailable where no thread is free in time, and after `most` seconds: then it goes on, unseen.
        """
        try:
            async with asyncio.timeout(self._wait):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("all are busy", where="this service", cure="ask again in a moment") from None
        loop = asyncio.get_running_loop()
        future = self._executor.submit(lambda: act(self._parts()))
        future.add_done_callback(lambda _: self._release(loop))
        return await _within(future, most)

    def _release(self, loop: asyncio.AbstractEventLoop) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._free.release)

    def _parts(self) -> Parts:
        parts: Parts | None = getattr(self._here, "parts", None)
        if parts is None:
            parts = self._here.parts = Parts(self._ground)
            with self._lock:
                self._all.add(parts)
        return parts.renew()

    def close(self) -> None:
        """End the threads, and their connections."""
        self._executor.shutdown()
        for parts in self._all:
            parts.close()
        self._all.clear()


async def _within(future: Future[Result], most: float | None) -> Result:
    try:
        async with asyncio.timeout(most):
            return await asyncio.shield(asyncio.wrap_future(future))
    except TimeoutError:
        if future.done():  # it was the act's own
            return future.result()
        raise Unavailable(
            "it takes longer than there is time for", where="this service", cure="ask again with the same key"
        ) from None
