"""When a request waited, and when it was worked on: told by who does it, to whoever asked to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["TIMES", "Times", "working"]

TIMES = "solely.times"  # the key of a request's scope, where it is traced


@dataclass(slots=True)
class Times:
    """Of one request: parts by name, with when they began and ended, as `clock` tells it (ns)."""

    clock: Callable[[], int]
    parts: list[tuple[str, int, int]] = field(default_factory=list)
    _since: int = 0

    def wait(self) -> None:
        """It waits, from now on."""
        self._since = self.clock()

    def began(self) -> None:
        """It is worked on, from now on."""
        now = self.clock()
        self.parts.append(("wait", self._since, now))
        self._since = now

    def ended(self) -> None:
        """It is worked on no longer."""
        self.parts.append(("work", self._since, self.clock()))


@contextmanager
def working(several: Sequence[Times | None]) -> Iterator[None]:
    """These are worked on together; of those that are None nobody asks."""
    asked = [one for one in several if one is not None]
    for one in asked:
        one.began()
    try:
        yield
    finally:
        for one in asked:
            one.ended()
