"""The gate: decide, write down, commit; only then may anything be done.

What an entry speaks of happens after `write_down` returned. Where the ledger can't be written, Unavailable
stops the caller, and nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import psycopg

from solely.errors import Refused
from solely.store.database import answering
from solely.store.ledger import Pen, Words

__all__ = ["Gate"]


@dataclass(frozen=True, slots=True, repr=False)
class Gate:
    """The way to the ledger for one side. `connection` is the ledger's role; callers never see it read."""

    connection: psycopg.Connection
    pen: Pen
    clock: Callable[[], datetime]

    def write_down(self, words: Words) -> int:
        """Write one entry, durably; returns its sequence. Raises Unavailable where it can't be written."""
        with answering(), self.connection.transaction():
            return self.pen.write(self.connection, [words], self.clock())

    @contextmanager
    def still(self) -> Iterator[datetime]:
        """Hold the ledger's head: nothing is given and nothing ends inside, and what is written is durable after it.

        Gives the time that nothing recorded so far lies behind.
        """
        with answering(), self.connection.transaction():
            self.pen.hold(self.connection)
            yield self.clock()

    def refuse(self, words: Words, what: str, cure: str) -> NoReturn:
        """Write the refusal down, durably, then raise Refused."""
        self.write_down(words)
        raise Refused(what, cure=cure)
