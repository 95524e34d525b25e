"""The ledger's entries as the answers read them: by sequence, by what they are about, by time.

- Each entry that comes back carried the appender's MAC and is canonical: Tampered else.
- The entry of a match is the one that names its upload. It alone says that the upload's evidence was used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import psycopg
from psycopg import sql
from pyroaring import BitMap

from solely.errors import NotFound
from solely.ledger.entry import Entry, decode
from solely.ledger.log import Mac, Record, check_mac
from solely.ledger.members import Ids
from solely.ledger.tree import HASH_BYTES
from solely.store.ledger import Concern, stops

__all__ = ["Committed", "Entries"]

_COLUMNS = sql.SQL("e.sequence, e.body, e.mac")
# The same words as the index of migration 0001.
_UPLOAD = sql.SQL("""substring(encode(e.body, 'escape') FROM '"upload":"([0-9a-f-]{36})"')""")
_ALL = sql.SQL("SELECT {} FROM ledger.entries e WHERE {} IS NOT NULL ORDER BY sequence").format(_COLUMNS, _UPLOAD)
# Each is looked up: OFFSET keeps the planner from reading the whole ledger for some of them, which it guesses is less.
_OF_UPLOADS = sql.SQL(
    "SELECT e.sequence, u.upload FROM unnest(%s::text[]) AS u (upload) CROSS JOIN LATERAL"
    " (SELECT sequence FROM ledger.entries e WHERE {} IS NOT NULL AND {} = u.upload OFFSET 0) e ORDER BY e.sequence"
).format(_UPLOAD, _UPLOAD)
_MANY = 2_000  # rows at a time


@dataclass(frozen=True, slots=True, repr=False)
class Committed:
    """An entry's secret, and the nodes of its tree that were kept: none of a small one."""

    secret: bytes
    nodes: tuple[bytes, ...]


class Entries:
    """The entries, by a connection as the ledger's role that is in no transaction, and the ledger's MAC."""

    __slots__ = ("connection", "mac")

    def __init__(self, connection: psycopg.Connection, mac: Mac) -> None:
        self.connection, self.mac = connection, mac

    def read(self, sequences: Iterable[int]) -> dict[int, Entry]:
        """These entries, by sequence."""
        return {entry.sequence: entry for entry in map(decode, self.bodies(sequences))}

    def matches(self) -> list[Entry]:
        """The entries of all matches, in order."""
        return [entry for entry in map(decode, self.match_bodies()) if entry.type == "use"]

    def bodies(self, sequences: Iterable[int]) -> list[bytes]:
        """These entries, byte for byte."""
        query = sql.SQL("SELECT {} FROM ledger.entries e WHERE sequence = ANY(%s)").format(_COLUMNS)
        return [_body(row, self.mac) for row in self.connection.execute(query, [list(sequences)], binary=True)]

    def match_bodies(self) -> list[bytes]:
        """The entries that name an upload, in order, byte for byte."""
        return [_body(row, self.mac) for row in self.connection.execute(_ALL, binary=True)]

    def naming(self, uploads: Iterable[UUID]) -> list[tuple[int, UUID]]:
        """The sequences of the entries that name one of these uploads, in order, each with the upload."""
        rows = self.connection.execute(_OF_UPLOADS, [[str(one) for one in set(uploads)]])
        return [(sequence, UUID(upload)) for sequence, upload in rows]

    def first_since(self, moment: datetime) -> int:
        """The sequence of the first entry at that time or later; the ledger's size where there is none."""
        low, high = 0, self.size()
        while low < high:
            middle = (low + high) // 2
            if self.read([middle])[middle].time < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def size(self) -> int:
        """How many entries are durable."""
        (size,) = self.connection.execute("SELECT size FROM ledger.head").fetchone() or (0,)
        return int(size)

    def of_givings(self, first: int, end: int | None) -> Generator[tuple[Entry, list[UUID]]]:
        """The entries from `first` up to before `end` that ids are kept beside, in order, with those ids: streamed."""
        query = sql.SQL(
            "SELECT {}, (SELECT array_agg(a.id ORDER BY a.place) FROM ledger.about a"
            " WHERE a.sequence = e.sequence) AS ids FROM ledger.entries e WHERE sequence >= %s AND sequence < %s"
            " AND EXISTS (SELECT FROM ledger.about a WHERE a.sequence = e.sequence) ORDER BY sequence"
        ).format(_COLUMNS)
        with self.connection.transaction(), self.connection.cursor(name="about", binary=True) as cursor:
            cursor.itersize = _MANY
            cursor.execute(query, [first, self.size() if end is None else end])
            for row in cursor:
                yield decode(_body(row, self.mac)), row[3]

    def about(self, ids: Sequence[UUID]) -> dict[int, list[tuple[int, UUID]]]:
        """By sequence of an entry that keeps some of these ids: their places among what it commits to."""
        found: dict[int, list[tuple[int, UUID]]] = {}
        rows = self.connection.execute(
            "SELECT sequence, place, id FROM ledger.about WHERE id = ANY(%s) ORDER BY sequence, place", [list(ids)]
        )
        for sequence, place, id_ in rows:
            found.setdefault(sequence, []).append((place, id_))
        return found

    def kept_with(self, number: int) -> Iterator[int]:
        """The sequences of the entries that keep this number: each entry's numbers are read, one entry at a time."""
        rows = self.connection.execute(
            "SELECT sequence FROM ledger.secrets WHERE kept IS NOT NULL ORDER BY sequence"
        ).fetchall()
        for (sequence,) in rows:
            if number in self._kept(sequence):
                yield sequence

    def _kept(self, sequence: int) -> BitMap:
        row = self.connection.execute(
            "SELECT kept FROM ledger.secrets WHERE sequence = %s AND kept IS NOT NULL", [sequence], binary=True
        ).fetchone()
        return BitMap.deserialize(row[0]) if row else BitMap()

    def committed(self, sequence: int) -> Committed:
        """What opens an entry's commitments. Raises NotFound for an entry that commits to nobody."""
        row = self.connection.execute(
            "SELECT secret, nodes FROM ledger.secrets WHERE sequence = %s", [sequence], binary=True
        ).fetchone()
        if row is None:
            raise NotFound("this entry commits to nobody", where=f"ledger entry {sequence}")
        nodes = bytes(row[1] or b"")
        return Committed(bytes(row[0]), tuple(nodes[at : at + HASH_BYTES] for at in range(0, len(nodes), HASH_BYTES)))

    def kept(self, sequence: int) -> Ids:
        """The members that are kept beside an entry, in their places; none where another table has them."""
        if numbers := self._kept(sequence):
            return np.array(numbers.to_array(), np.uint64)
        rows = self.connection.execute(
            "SELECT uuid_send(id) FROM ledger.about WHERE sequence = %s ORDER BY place", [sequence], binary=True
        )
        return np.frombuffer(b"".join(id_ for (id_,) in rows), np.uint8).reshape(-1, 16)

    def stops(self) -> list[tuple[Concern, str, datetime]]:
        """What is stopped, for which incident and since when, in order."""
        return stops(self.connection)


def _body(row: Sequence[bytes], mac: Mac) -> bytes:
    record = Record(int(row[0]), bytes(row[1]), bytes(row[2]))
    check_mac(record, mac)
    return record.body
