"""Acts asked of the service at random at a rate, whether or not those before are answered, and what became of each."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wire import Seen, Wire

from acts import MIX, Act

__all__ = ["AWAY", "Client", "Load"]

AWAY = frozenset({429, 503})
LEFT = 20.0  # seconds that the last ones have


@dataclass
class Load:
    """What came of the acts of one kind: done, turned away, and all else."""

    done: Seen = field(default_factory=Seen)
    away: Seen = field(default_factory=Seen)
    wrong: Seen = field(default_factory=Seen)

    @property
    def count(self) -> int:
        return sum(len(each.times) for each in (self.done, self.away, self.wrong))


class Client:
    """Asks at a rate, over as many connections as it needs."""

    def __init__(self, acts: Sequence[Act], ports: Callable[[str], int]) -> None:
        self._acts, self._ports = acts, ports
        self._weights = [MIX[act.name] for act in acts]
        self._idle: dict[str, list[Wire]] = {act.home: [] for act in acts}
        self._chance = random.Random(7)

    async def offer(self, rate: float, seconds: float) -> dict[str, Load]:
        """By act, what became of what was asked in these seconds."""
        found = {act.name: Load() for act in self._acts}
        going: set[asyncio.Task[None]] = set()
        due = began = time.perf_counter()
        while (due := due + self._chance.expovariate(rate)) < began + seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            (act,) = self._chance.choices(self._acts, self._weights)
            task = asyncio.create_task(self._ask(act, due, found[act.name]))
            going.add(task)
            task.add_done_callback(going.discard)
        if going:
            await asyncio.wait(going, timeout=LEFT)
        for load in found.values():
            load.done.seconds = load.away.seconds = load.wrong.seconds = seconds
        return found

    async def _ask(self, act: Act, due: float, load: Load) -> None:
        do, idle = act.next(), self._idle[act.home]
        wire = idle.pop() if idle else Wire(self._ports(act.home))
        try:
            status = await do(wire)
            idle.append(wire)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        end = time.perf_counter()
        if status in AWAY:  # how soon the service said so to that request; the client may have come late itself
            load.away.note(status, end - wire.asked)
        else:
            (load.done if status in act.done else load.wrong).note(status, end - due)

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()
