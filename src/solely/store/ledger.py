"""The ledger's tables: entries appended by whoever holds the head, read back and signed by the ledger's role.

- `Pen.write` reserves the head first. Its lock is held until the caller's transaction ends, so there is
  one appender, sequences have no gaps, and what is written is durable when that transaction commits.
- A checkpoint is signed over entries read back from the table, each with its MAC checked.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.errors import Tampered
from solely.keys import LedgerKeys
from solely.ledger.checkpoint import head_of, read_note
from solely.ledger.entry import Draft, EntryType, decode
from solely.ledger.log import Head, Macs, Record, extend, head_after
from solely.ledger.members import SECRET_BYTES, Ids, Members, member_nodes
from solely.ledger.tree import Frontier, growth_path, leaf_hash, root_of
from solely.store.durable import locked, put

__all__ = [
    "Concern",
    "Pen",
    "Words",
    "check_rows",
    "checkpoint",
    "checkpoints",
    "growth",
    "keep_anchor",
    "lift",
    "needed",
    "read_head",
    "records",
    "size",
    "stop",
    "stopped",
    "stopped_among",
    "stops",
    "unsigned",
]


class Concern(NamedTuple):
    """What an officer can stop. An audience is named as ADVERTISER/AUDIENCE."""

    what: Literal["advertiser", "audience", "partner", "purpose"]
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """What an entry is to say. `ids` are the members it commits to: uint64 (n,) or uint8 (n, 16), ascending.

    `keep` says that no other table has them: they stay beside the entry, so that each can be shown again.
    `concerns` are what it needs not stopped, beside its purpose.
    """

    type: EntryType
    principal: str
    purpose: str | None = None
    ids: npt.NDArray[Any] | None = None
    details: MappingProxyType[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    keep: bool = False
    concerns: frozenset[Concern] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class _Commitment:
    """What opens an entry's commitments, what it says of them, and nodes by which one is shown without hashing all."""

    secret: bytes
    members: Members
    nodes: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Pen:
    """The capability to append: the ledger's MACs, and what every entry says of policy and software."""

    macs: Macs
    policy: str
    software: str
    entropy: Callable[[int], bytes]

    def hold(self, connection: psycopg.Connection) -> int:
        """Take the head for the rest of the transaction; returns the next entry's sequence."""
        return _reserve(connection).size

    def write(self, connection: psycopg.Connection, words: Sequence[Words], now: datetime) -> int:
        """Append one entry for each of `words`, in the open transaction; returns the first one's sequence."""
        head = _reserve(connection)
        sealed = [self._commit(one.ids) for one in words]
        drafts = [self._draft(one, commitment) for one, commitment in zip(words, sealed, strict=True)]
        after, records = extend(head, drafts, now.astimezone(UTC), self.macs)
        about = [(place, id_) for place, one in enumerate(words) for id_ in _kept_ids(one)]
        connection.execute(
            "SELECT ledger.append(%s, %s, %s, %s, %s, %s, %s, %s, %s::integer[], %s::uuid[])",
            [
                head.size,
                after.time,
                after.frontier.to_bytes(),
                [record.body for record in records],
                [record.mac for record in records],
                [one.secret if one else None for one in sealed],
                [one.nodes if one else None for one in sealed],
                [_kept_numbers(one) for one in words],
                [place for place, _ in about],
                [id_ for _, id_ in about],
            ],
        )
        return head.size

    def _commit(self, ids: Ids | None) -> _Commitment | None:
        if ids is None:
            return None
        secret = self.entropy(SECRET_BYTES)
        nodes = member_nodes(secret, ids)
        return _Commitment(secret, Members(len(ids), root_of(nodes)), b"".join(nodes) if len(nodes) > 1 else None)

    def _draft(self, words: Words, commitment: _Commitment | None) -> Draft:
        return Draft(
            type=words.type,
            principal=words.principal,
            policy=self.policy,
            software=self.software,
            purpose=words.purpose,
            members=commitment.members if commitment else None,
            details=words.details,
        )


def _kept_ids(words: Words) -> list[UUID]:
    if not words.keep or words.ids is None or words.ids.dtype != np.uint8:
        return []
    return [UUID(bytes=one.tobytes()) for one in words.ids]


def _kept_numbers(words: Words) -> bytes | None:
    if not words.keep or words.ids is None or words.ids.dtype == np.uint8:
        return None
    return BitMap(array("I", words.ids.astype(np.uint32).tobytes())).serialize()


def needed(words: Words) -> frozenset[Concern]:
    """What must not be stopped for these words to be written."""
    return words.concerns | ({Concern("purpose", words.purpose)} if words.purpose else set())


def stopped(connection: psycopg.Connection, words: Words) -> Concern | None:
    """What these words need and an officer stopped; None where nothing is."""
    return min(stopped_among(connection, needed(words)), default=None)


def stopped_among(connection: psycopg.Connection, concerns: Iterable[Concern]) -> frozenset[Concern]:
    """Which of these an officer stopped."""
    whats, names = [], []
    for one in concerns:
        whats.append(one.what)
        names.append(one.name)
    rows = connection.execute(
        "SELECT DISTINCT what, name FROM ledger.stops"
        " JOIN unnest(%s::text[], %s::text[]) AS n (what, name) USING (what, name)",
        [whats, names],
    )
    return frozenset(Concern(*row) for row in rows)


def stop(connection: psycopg.Connection, what: Concern, incident: str, now: datetime) -> None:
    """Stop it for an incident, from this transaction on; nothing changes where that incident stopped it already."""
    connection.execute(
        "INSERT INTO ledger.stops (what, name, incident, since) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [*what, incident, now],
    )


def lift(connection: psycopg.Connection, what: Concern, incident: str) -> None:
    """End a stop of one incident; what another incident stopped too stays stopped."""
    connection.execute("DELETE FROM ledger.stops WHERE what = %s AND name = %s AND incident = %s", [*what, incident])


def stops(connection: psycopg.Connection) -> list[tuple[Concern, str, datetime]]:
    """What is stopped, for which incident and since when, in order."""
    rows = connection.execute("SELECT what, name, incident, since FROM ledger.stops ORDER BY what, name, incident")
    return [(Concern(what, name), incident, since) for what, name, incident, since in rows]


def _reserve(connection: psycopg.Connection) -> Head:
    row = connection.execute("SELECT time, frontier FROM ledger.reserve()").fetchone()
    assert row is not None
    return _head(*row)


def _head(time: datetime, frontier: bytes) -> Head:
    return Head(Frontier.from_bytes(frontier), time.astimezone(UTC)) if frontier else Head()


def read_head(connection: psycopg.Connection) -> Head:
    """The head as stored. For the ledger's role."""
    row = connection.execute("SELECT time, frontier FROM ledger.head").fetchone()
    assert row is not None
    return _head(*row)


def size(connection: psycopg.Connection) -> int:
    """How many entries are stored."""
    (count,) = connection.execute("SELECT count(*) FROM ledger.entries").fetchone() or (0,)
    return int(count)


def records(connection: psycopg.Connection, first: int = 0) -> Generator[Record]:
    """The stored entries from `first` on, in their order, streamed."""
    with connection.transaction(), connection.cursor(name="entries") as cursor:
        cursor.itersize = 10_000
        cursor.execute("SELECT sequence, body, mac FROM ledger.entries WHERE sequence >= %s ORDER BY sequence", [first])
        for sequence, body, mac in cursor:
            yield Record(sequence, bytes(body), bytes(mac))


def unsigned(connection: psycopg.Connection) -> bool:
    """Whether there are entries that no checkpoint covers."""
    row = connection.execute(
        "SELECT h.size > coalesce((SELECT max(c.size) FROM ledger.checkpoints c), 0) FROM ledger.head h"
    ).fetchone()
    return bool(row and row[0])


def checkpoints(connection: psycopg.Connection) -> list[str]:
    """The signed notes, smallest size first."""
    return [note for (note,) in connection.execute("SELECT note FROM ledger.checkpoints ORDER BY size")]


def checkpoint(connection: psycopg.Connection, keys: LedgerKeys, sign: Callable[[int, bytes], str]) -> None:
    """Sign what is durable and not yet signed.

    Reads back each entry since the last checkpoint; Tampered where one is not the appender's.
    """
    query = "SELECT note, size, time, frontier FROM ledger.checkpoints ORDER BY size DESC LIMIT 1"
    last = connection.execute(query).fetchone()
    signed = head = _signed(*last) if last else Head()
    with closing(records(connection, signed.size)) as stored:
        for record in stored:
            head = head_after(head, record, keys.mac)
    if head.size > signed.size:
        connection.execute(
            "INSERT INTO ledger.checkpoints (size, note, frontier, time) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [head.size, sign(head.size, head.frontier.root()), head.frontier.to_bytes(), head.time],
        )


def _signed(note: str, size: int, time: datetime, frontier: bytes) -> Head:
    """The head that a signed note speaks of. Raises Tampered where what is kept beside it is another."""
    told, head = head_of(read_note(note)[0]), _head(time, frontier)
    if not (told.size == size == head.size and told.root == head.frontier.root()):
        raise Tampered("what is kept beside a signed head is not what it says", where=f"checkpoint at {size} entries")
    return head


def check_rows(connection: psycopg.Connection, size: int, root: bytes) -> None:
    """What neither an entry's bytes nor a signed head tell: places, the head, what is kept beside signed heads.

    `size` and `root` are those of the entries recomputed. Raises Tampered.
    """
    places = connection.execute("SELECT count(*), coalesce(max(sequence), -1) FROM ledger.entries").fetchone()
    head = read_head(connection)
    (kept,) = connection.execute("SELECT size FROM ledger.head").fetchone() or (-1,)
    if places != (size, size - 1) or kept != size or (head.size, head.frontier.root()) != (size, root):
        raise Tampered("the ledger's head is not that of its entries", where="ledger head")
    rows = connection.execute(
        "SELECT c.note, c.size, c.time, c.frontier, e.body FROM ledger.checkpoints c"
        " LEFT JOIN ledger.entries e ON e.sequence = c.size - 1 UNION ALL"
        " SELECT NULL, h.size, h.time, h.frontier, e.body FROM ledger.head h"
        " JOIN ledger.entries e ON e.sequence = h.size - 1"
    )
    for note, at, time, frontier, body in rows:
        if note is not None:
            _signed(note, at, time, frontier)
        if body is None or decode(body).time != time:
            raise Tampered("a head's time is not that of its last entry", where=f"checkpoint at {at} entries")


def growth(connection: psycopg.Connection, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the first `old` entries are a beginning of the first `new` (RFC 9162 §2.1.4).

    Entries are read from the last checkpoint up to `old` on, not from the first.
    """
    if old == 0:
        return ()
    query = "SELECT time, frontier FROM ledger.checkpoints WHERE size <= %s ORDER BY size DESC LIMIT 1"
    signed = connection.execute(query, [old]).fetchone()
    start = _head(*signed).frontier if signed else Frontier()
    with closing(records(connection, start.size)) as stored:
        leaves = [leaf_hash(record.body) for record in islice(stored, new - start.size)]
    split = old - start.size
    return growth_path(start.extend(leaves[:split]), leaves[split:])


def keep_anchor(connection: psycopg.Connection, path: Path) -> None:
    """Keep the newest checkpoint outside the database, durably and in one step.

    It is read and written under one lock, so of two who leave at once the later note stays.
    """
    with locked(path.parent):
        newest = connection.execute("SELECT note FROM ledger.checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        if newest and not (path.exists() and _is_as_new(path.read_text(encoding="utf-8"), newest[0])):
            put(path, newest[0], 0o666)


def _is_as_new(kept: str, newest: str) -> bool:
    """Whether what is kept is that checkpoint as the log signed it: witnesses may have signed it later, below."""
    origin_to_signature = newest.splitlines(keepends=True)[:5]
    return kept.startswith("".join(origin_to_signature))
