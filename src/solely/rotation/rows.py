"""What becomes of the rows of one purpose: read in their order, put under the primary, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import final

import psycopg

from solely.keys import Entropy, SealKeys
from solely.purpose import Compartment
from solely.seal import Sealed, open_secret, rewrap, seal_secret
from solely.store import rotation as store
from solely.store.database import answering
from solely.store.rotation import Held, Place
from solely.tokens import Tokeniser

__all__ = ["BATCH", "Sealing", "Secrets", "Tokens", "moved"]

BATCH = 2_000  # rows a transaction


@final
@dataclass(frozen=True, slots=True, repr=False)
class Sealing:
    """The wrapped keys of sealed contacts."""

    connection: psycopg.Connection
    compartment: Compartment
    keys: SealKeys
    entropy: Entropy

    def read(self, after: Place, most: int) -> list[Held]:
        keys = self.keys
        return store.sealed(self.connection, self.compartment, keys.purpose, keys.primary, after, most)

    def put(self, rows: Sequence[Held]) -> int:
        """Returns how many were put under the primary."""
        keys = self.keys
        return sum(
            store.move(self.connection, self.compartment, keys.purpose, keys.primary, [*map(self.next, some)], old)
            for old, some in groupby(sorted(rows, key=_number), key=_number)
        )

    def next(self, row: Held) -> Held:
        """What the row holds, under the primary. Raises Tampered where it is not what was written."""
        old = Sealed(row.data, b"", row.number)  # the box stays where it is
        new = rewrap(self.keys, old, pseudonym=row.pseudonym, giving=row.id, kind=row.kind, entropy=self.entropy)
        return replace(row, data=new.wrapped_key)


@final
@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """The tokens of a compartment that holds no contact."""

    connection: psycopg.Connection
    compartment: Compartment
    tokeniser: Tokeniser

    def read(self, after: Place, most: int) -> list[Held]:
        one = self.tokeniser
        return store.tokens(self.connection, self.compartment, one.purpose, one.primary, after, most)

    def put(self, rows: Sequence[Held]) -> int:
        """Returns how many were put under the primary."""
        one = self.tokeniser
        return sum(
            store.move(self.connection, self.compartment, one.purpose, one.primary, self._next(list(some), old), old)
            for old, some in groupby(sorted(rows, key=_number), key=_number)
        )

    def _next(self, rows: Sequence[Held], old: int) -> list[Held]:
        """All at once: a call for each row costs ten times the work."""
        data = self.tokeniser.move(b"".join(row.data for row in rows), old, self.tokeniser.primary)
        ends = list(accumulate((len(row.data) for row in rows), initial=0))
        return [replace(row, data=data[a:b]) for row, (a, b) in zip(rows, pairwise(ends), strict=True)]


@final
@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The secrets of authenticator apps."""

    connection: psycopg.Connection
    keys: SealKeys
    entropy: Entropy

    def read(self, after: Place, most: int) -> list[Held]:
        return store.secrets(self.connection, self.keys.primary, after, most)

    def put(self, rows: Sequence[Held]) -> int:
        """Returns how many were put under the primary."""
        with self.connection.transaction():
            return sum(store.move_secret(self.connection, row, self.keys.primary, self.next(row)) for row in rows)

    def next(self, row: Held) -> bytes:
        """The secret under the primary. Raises Tampered where it is not what was written."""
        secret = open_secret(self.keys, row.data, row.number, pseudonym=row.pseudonym, factor=row.id)
        return seal_secret(self.keys, secret, pseudonym=row.pseudonym, factor=row.id, entropy=self.entropy)


def moved(
    rows: Sealing | Tokens | Secrets, batch: int = BATCH, pause: Callable[[], None] = lambda: None
) -> Iterator[int]:
    """Put all rows under the primary; yields how many, after each batch, once that is durable.

    `pause` is called between batches. Raises Tampered where a row is not what was written, Unavailable where the
    database does not answer: what was yielded is done.
    """
    after = store.FIRST
    while True:
        with answering():
            found = rows.read(after, batch)
            done = rows.put(found) if found else 0
        yield done
        if len(found) < batch:
            return
        after = found[-1].place
        pause()


def _number(row: Held) -> int:
    return row.number
