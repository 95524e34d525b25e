"""A body that is taken as it comes, block by block: no thread is held while one is waited for."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request

from solely.app.parts import Parts
from solely.app.serve_settings import Limits
from solely.errors import SolelyError, TooLarge, TooSlow
from solely.web.api.answer import Answer
from solely.web.api.bounds import said_length

__all__ = ["BLOCK", "Taking", "take"]

BLOCK = 1 << 20  # bytes that are gathered before they are kept

Run = Callable[[Callable[[Parts], Any]], Awaitable[Any]]  # in a thread, with its parts


class Taking(ABC):
    """What is being taken. One call at a time, each in any thread."""

    @property
    @abstractmethod
    def offset(self) -> int:
        """Bytes that were kept, before and now."""

    @abstractmethod
    def take(self, block: bytes) -> None:
        """Keep some more."""

    @abstractmethod
    def end(self, parts: Parts, fault: SolelyError | None) -> Answer:
        """All has come, or it was broken off by this. Whoever calls it does so once, at the end."""

    @abstractmethod
    def close(self) -> None:
        """Leave it as it is: nobody waits for an answer."""


async def take(request: Request, taking: Taking, run: Run, limits: Limits) -> Answer:
    """Take the body of a request, within bounds of size, and of the time in which nothing comes."""
    fault: SolelyError | None = None
    try:
        try:
            if taking.offset + said_length(request) > limits.upload_bytes:
                raise _too_large(limits)
            async for block in _blocks(request, limits):
                if taking.offset + len(block) > limits.upload_bytes:
                    raise _too_large(limits)
                await run(lambda _, block=block: taking.take(block))  # type: ignore[misc]
        except SolelyError as error:
            fault = error
        said: Answer = await run(lambda parts: taking.end(parts, fault))
    except BaseException:
        taking.close()
        raise
    return said


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge("the list is too large", where="body", cure=f"send {limits.upload_bytes} bytes at most")


async def _blocks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """What comes, gathered; what came before it broke off, too."""
    gathered = bytearray()
    stream = request.stream()
    fault: SolelyError | None = None
    while fault is None:
        try:
            async with asyncio.timeout(limits.read_seconds):
                gathered += await anext(stream)
        except StopAsyncIteration:
            break
        except TimeoutError:
            fault = TooSlow("nothing came for too long", where="body", cure="send on from where it ended")
        except ClientDisconnect:
            fault = TooSlow("the connection ended before the body did", cure="send on from where it ended")
        while len(gathered) >= BLOCK:
            yield bytes(gathered[:BLOCK])
            del gathered[:BLOCK]
    if gathered:
        yield bytes(gathered)
    if fault is not None:
        raise fault
