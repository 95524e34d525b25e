"""The gate: decide, write down, commit; only then may anything be done.

- What an entry speaks of happens after `write_down` returned. Where the ledger can't be written, Unavailable
  stops the caller, and nothing was done.
- What an officer stopped is refused from the moment the stop was recorded: both hold the ledger's head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NoReturn, Protocol

import psycopg

from solely.errors import Refused
from solely.store import ledger
from solely.store.database import answering
from solely.store.ledger import Concern, Pen, Words

__all__ = ["Gate", "LedgerGate", "Still"]

_STOPPABLE = frozenset({"use", "send", "disclosure"})


@dataclass(frozen=True, slots=True)
class Still:
    """The ledger held: a time that nothing recorded so far lies behind, and the way to write while it is held.

    `write_all` appends an entry for each of some words, all or none; `stopped` says which of some concerns are.
    """

    moment: datetime
    write: Callable[[Words], int]
    write_all: Callable[[Sequence[Words]], int]
    stopped: Callable[[Iterable[Concern]], frozenset[Concern]]


class _StoppedError(Exception):
    """Leaves the transaction that met a stop; the refusal is written in the next one."""

    def __init__(self, words: Words, what: Concern) -> None:
        super().__init__()
        self.words, self.what = words, what


class Gate(Protocol):
    """The way to the ledger for one side; `policy` and `software` are what its entries say of both."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time."""

    @property
    def policy(self) -> str:
        """The digest of the policy."""

    @property
    def software(self) -> str:
        """The version."""

    def write_down(self, words: Words) -> int:
        """Write one entry, durably; returns its sequence, or -1 to a side that must not learn it.

        Raises Unavailable where it can't be written, Refused where what it is about is stopped.
        """

    def still(self) -> AbstractContextManager[Still]:
        """Hold the ledger's head: nothing is given and nothing ends inside, and what is written is durable after it."""

    def refuse(self, words: Words, what: str, cure: str) -> NoReturn:
        """Write the refusal down, durably, then raise Refused."""

    def require(self, words: Words) -> None:
        """Raise Refused, once that is in the ledger, where these words could not be written now."""

    def contain(self, words: Words, stop: Iterable[Concern], lift: Iterable[Concern], incident: str) -> int:
        """Stop some things for an incident and lift other stops of it, with their entry; in force when it returns."""


@dataclass(frozen=True, slots=True, repr=False)
class LedgerGate:
    """The gate where the ledger is. `connection` is the ledger's role; callers never see it read."""

    connection: psycopg.Connection
    pen: Pen
    clock: Callable[[], datetime]

    @property
    def policy(self) -> str:
        return self.pen.policy

    @property
    def software(self) -> str:
        return self.pen.software

    def write_down(self, words: Words) -> int:
        """See `Gate.write_down`."""
        with self._held():
            return self._write(words)

    @contextmanager
    def still(self) -> Iterator[Still]:
        """See `Gate.still`."""
        with self._held():
            yield Still(self.clock(), self._write, self._write_all, self._stopped)

    def refuse(self, words: Words, what: str, cure: str) -> NoReturn:
        """See `Gate.refuse`."""
        self.write_down(words)
        raise Refused(what, cure=cure)

    def require(self, words: Words) -> None:
        """See `Gate.require`."""
        with self._held():
            self._check(words)

    def contain(self, words: Words, stop: Iterable[Concern], lift: Iterable[Concern], incident: str) -> int:
        """See `Gate.contain`."""
        with self._held():
            for one in stop:
                ledger.stop(self.connection, one, incident, self.clock())
            for one in lift:
                ledger.lift(self.connection, one, incident)
            return self._write(words)

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            with answering(), self.connection.transaction():
                self.pen.hold(self.connection)
                yield
        except _StoppedError as met:
            details = MappingProxyType({"of": met.words.type, "why": "stopped", "what": met.what.what})
            words = Words("refusal", met.words.principal, met.words.purpose, details=details)
            self.refuse(words, f"this {met.what.what} is stopped", "an officer lifts the stop once its incident allows")

    def _check(self, words: Words) -> None:
        if words.type in _STOPPABLE and (met := ledger.stopped(self.connection, words)):
            raise _StoppedError(words, met)

    def _write(self, words: Words) -> int:
        self._check(words)
        return self.pen.write(self.connection, [words], self.clock())

    def _write_all(self, words: Sequence[Words]) -> int:
        stopped = self._stopped({concern for one in words if one.type in _STOPPABLE for concern in ledger.needed(one)})
        for one in words:
            if one.type in _STOPPABLE and (met := min(stopped & ledger.needed(one), default=None)):
                raise _StoppedError(one, met)
        return self.pen.write(self.connection, words, self.clock())

    def _stopped(self, concerns: Iterable[Concern]) -> frozenset[Concern]:
        return ledger.stopped_among(self.connection, concerns)
