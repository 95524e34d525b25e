"""How often one principal, or one person, may ask: a bucket of tokens each, in this process alone."""

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
    """`rate` requests a second for each key, and `burst` at once; by person, for each of those one key speaks for."""

    def __init__(
        self,
        rate: float,
        burst: int,
        ticks: Callable[[], float],
        clock: Callable[[], datetime],
        *,
        by_person: bool = False,
    ) -> None:
        self._rate, self._burst, self._ticks, self._clock, self._by_person = rate, burst, ticks, clock, by_person
        self._left: OrderedDict[tuple[UUID, str | None], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def admit(self, who: Principal) -> None:
        """Count one request. Raises Throttled where there were too many."""
        now, of = self._ticks(), (who.key, who.subject if self._by_person else None)
        with self._lock:
            left, seen = self._left.pop(of, (float(self._burst), now))
            left = min(self._burst, left + (now - seen) * self._rate)
            self._left[of] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > _MOST:
                self._left.popitem(last=False)
        if left < 1:
            wait = timedelta(seconds=(1 - left) / self._rate)
            raise Throttled("too many requests", where="this key", cure="ask less often", retry_at=self._clock() + wait)
