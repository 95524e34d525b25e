"""When a request is sent again: what may be, how long to wait before, and when to give up.

- Sent again are requests whose answer did not come, and those that were told to: 429, 503, and a proxy's 502 and 504.
  A change is among them, for it carries its idempotency key.
- Waits are random up to a bound that doubles (full jitter), and never shorter than `Retry-After` asks.
- A wait that would end after `total_seconds` is not begun: the error is told at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["AGAIN", "Retry", "retry_after"]

AGAIN = frozenset({429, 502, 503, 504})
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Retry:
    """How patient a client is: seconds in all, of the first wait's bound, and of the longest's."""

    total_seconds: float = 10.0
    first_seconds: float = 0.1
    most_seconds: float = 5.0
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = secrets.SystemRandom().uniform

    def wait(self, tries: int, asked: float) -> float:
        """Seconds to wait after so many tries; `asked` is what the answer asked for, 0 where it asked for nothing."""
        bound = min(self.most_seconds, self.first_seconds * 2 ** min(tries - 1, _MOST_DOUBLINGS))
        return asked + self.draw(0.0, bound)

    def until(self, end: float, tries: int, asked: float = 0.0) -> bool:
        """Wait before trying again; False, at once, where that would be after `end` (of `ticks`)."""
        wait = self.wait(tries, asked)
        if self.ticks() + wait >= end:
            return False
        self.sleep(wait)
        return True


def retry_after(text: str, date: str) -> float:
    """What `Retry-After` asks for, in seconds: itself, or a date from that of the answer (RFC 9110 §10.2.3)."""
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    then, now = _moment(text), _moment(date)
    return max(0.0, (then - now).total_seconds()) if then and now else 0.0


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
