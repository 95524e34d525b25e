"""Decisions of many threads together: those that wait are made as one batch, durable by one commit.

Whoever comes while a batch is being made waits in line; the first to be free makes one batch of all that wait. So a
commit serves one decision when there is one, and hundreds when there are hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from solely.advertising.decision import MOST, Decision
from solely.advertising.handle import read_handle

__all__ = ["Together"]


@dataclass(slots=True)
class _Ticket:
    handle: str
    decision: Decision | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.decision is not None or self.error is not None


class Together:
    """For all threads of a process. `decide_all` is called by one of them at a time."""

    def __init__(self, decide_all: Callable[[Sequence[str]], list[Decision]]) -> None:
        self._decide_all = decide_all
        self._waiting: list[_Ticket] = []
        self._line, self._at_work = Lock(), Lock()

    def decide(self, handle: str) -> Decision:
        """As `Decisions.decide`; an error of a batch is each one's error. Raises BadInput before it waits."""
        read_handle("advertising", handle)  # what is none fails alone
        mine = _Ticket(handle)
        with self._line:
            self._waiting.append(mine)
        while not mine.is_done:
            with self._at_work:
                if not mine.is_done:
                    self._make(self._next())
        if mine.error is not None:
            raise mine.error
        assert mine.decision is not None
        return mine.decision

    def _next(self) -> list[_Ticket]:
        with self._line:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return batch

    def _make(self, batch: Sequence[_Ticket]) -> None:
        try:
            decisions = self._decide_all([one.handle for one in batch])
        except Exception as error:  # noqa: BLE001 - it is raised again by each who waits
            for one in batch:
                one.error = error
            return
        for one, decision in zip(batch, decisions, strict=True):
            one.decision = decision
