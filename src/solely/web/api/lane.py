"""Lanes: requests that come while others are being answered are answered together, and share their commits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Lane"]

One = TypeVar("One")
Said = TypeVar("Said")


class Lane(Generic[One, Said]):
    """Those who wait, in their order; up to `most` at once, and `abreast` such groups at a time."""

    def __init__(
        self, answer_all: Callable[[Sequence[One]], Awaitable[Sequence[Said]]], *, most: int = 64, abreast: int = 1
    ) -> None:
        self._answer_all, self._most, self._free = answer_all, most, abreast
        self._waiting: deque[tuple[One, asyncio.Future[Said]]] = deque()
        self._going: set[asyncio.Task[None]] = set()

    async def ask(self, one: One) -> Said:
        """What is answered to this one; raises what the group it went with raised."""
        said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, said))
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._go())
            self._going.add(task)
            task.add_done_callback(self._going.discard)
        return await said

    async def _go(self) -> None:
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._answer(some)
        finally:
            self._free += 1

    async def _answer(self, some: Sequence[tuple[One, asyncio.Future[Said]]]) -> None:
        try:
            answers = await self._answer_all([one for one, _ in some])
        except Exception as error:  # noqa: BLE001 - each who waits is told, whatever it was
            for _, said in some:
                if not said.done():
                    said.set_exception(error)
            return
        for (_, said), answer in zip(some, answers, strict=True):
            if not said.done():  # who went away is not told
                said.set_result(answer)
