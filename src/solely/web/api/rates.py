"""How often one principal may ask: a bucket of tokens each, in this process alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from solely.errors import Throttled
from solely.principal import Principal

__all__ = ["Rates"]

_MOST = 10_000  # keys remembered; who is forgotten begins with a full bucket


class Rates:
    """`rate` requests a second for each key, and `burst` at once."""

    def __init__(self, rate: float, burst: int, ticks: Callable[[], float], clock: Callable[[], datetime]) -> None:
        self._rate, self._burst, self._ticks, self._clock = rate, burst, ticks, clock
        self._left: OrderedDict[UUID, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def admit(self, who: Principal) -> None:
        """Count one request. Raises Throttled where there were too many."""
        now = self._ticks()
        with self._lock:
            left, seen = self._left.pop(who.key, (float(self._burst), now))
            left = min(self._burst, left + (now - seen) * self._rate)
            self._left[who.key] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > _MOST:
                self._left.popitem(last=False)
        if left < 1:
            wait = timedelta(seconds=(1 - left) / self._rate)
            raise Throttled("too many requests", where="this key", cure="ask less often", retry_at=self._clock() + wait)
