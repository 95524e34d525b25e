"""Decisions of many threads together: those that wait are made as one batch, durable by one commit.

- One thread leads: it makes a batch of all that stand in line, its own asking first, and then hands the lead to the
  first of those who came meanwhile. The others sleep. So a commit serves one decision when there is one, and hundreds
  when there are hundreds; nobody leads twice for one asking, and who came first is in the earlier batch.
- Nobody is told before the batch is made, which is when its entries are durable. What fails fails for all in it.
- Nobody waits for ever: however a leader ends, those in its batch are woken and the lead is handed on; who waited
  for `patience` seconds leaves; and who would be one too many in line is told so at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from threading import Event, Lock

from solely.advertising.decision import MOST, Decision
from solely.advertising.handle import read_handle
from solely.errors import SolelyError, Unavailable

__all__ = ["Together"]

_AGAIN = "ask again in a moment"


@dataclass(slots=True, eq=False)
class _Ticket:
    """One asking. `woken` once it leads or was made."""

    handle: str
    woken: Event = field(default_factory=Event)
    leads: bool = False
    decision: Decision | None = None
    error: BaseException | None = None

    def told(self) -> Decision:
        """Its decision, or its batch's error: each thread raises one of its own."""
        if self.decision is not None:
            return self.decision
        if isinstance(self.error, SolelyError):
            raise copy(self.error) from self.error
        raise Unavailable("the batch that this was in was not made", cure=_AGAIN) from self.error


class Together:
    """For all threads of a process. `decide_all` is called by one of them at a time.

    `patience`: seconds that one waits in line; `line`: how many may stand in it.
    """

    def __init__(
        self, decide_all: Callable[[Sequence[str]], list[Decision]], *, patience: float = 10.0, line: int = 10 * MOST
    ) -> None:
        self._decide_all, self._patience, self._longest = decide_all, patience, line
        self._line: deque[_Ticket] = deque()
        self._led = False  # whether some thread leads
        self._lock = Lock()  # over the line and the lead; never held while anything is waited for

    def decide(self, handle: str) -> Decision:
        """As `Decisions.decide`; an error of a batch is each one's error. Raises BadInput before it waits.

        Raises Unavailable too where the line is too long, or where it waited too long: then nobody is told, but the
        entry may be durable.
        """
        read_handle("advertising", handle)  # what is none fails alone
        mine = self._stand(handle)
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            self._make()
        return mine.told()

    def _stand(self, handle: str) -> _Ticket:
        """In line; whoever finds no leader leads."""
        mine = _Ticket(handle)
        with self._lock:
            if len(self._line) >= self._longest:
                raise Unavailable("too many wait for a decision", cure=_AGAIN)
            self._line.append(mine)
            mine.leads, self._led = not self._led, True
        return mine

    def _wait(self, mine: _Ticket) -> None:
        """Until it was made or leads. Whoever leaves before, leaves the line, and the lead if it was just given it."""
        woken = False
        try:
            woken = mine.woken.wait(self._patience)
        finally:
            if not woken:
                self._leave(mine)
        if not woken:
            raise Unavailable("no decision was made in time", cure=_AGAIN)

    def _leave(self, mine: _Ticket) -> None:
        with self._lock:
            if mine in self._line:
                self._line.remove(mine)
            if mine.leads:
                self._hand_on()

    def _make(self) -> None:
        """Make one batch. The leader is the first in line: nobody before it is left there."""
        with self._lock:
            batch = [self._line.popleft() for _ in range(min(MOST, len(self._line)))]
        try:
            decisions = self._decide_all([one.handle for one in batch])
            for one, decision in zip(batch, decisions, strict=True):
                one.decision = decision
        except BaseException as error:  # even what ends this thread is told to those who wait for it
            for one in batch:
                one.decision, one.error = None, error
            raise
        finally:
            with self._lock:
                self._hand_on()
            for one in batch:
                one.woken.set()

    def _hand_on(self) -> None:
        """Under the lock: the lead goes to the first in line, or to whoever comes next."""
        self._led = bool(self._line)
        if self._line:
            self._line[0].leads = True
            self._line[0].woken.set()
