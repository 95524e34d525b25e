"""The appender, without its storage: a head and a draft go in, the next head and the bytes to store come out.

- There is one appender. It stores bodies and MACs durably, then keeps the head that came with them; before
  that, nothing the entries speak of may happen.
- Time never goes backwards: an entry's time is the later of the head's and now.
- Each entry carries a MAC under the ledger's key, stored beside it: an entry written by anyone else shows
  even before a checkpoint covers it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from solely.errors import Tampered
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.placed import read_time
from solely.ledger.tree import Frontier, leaf_hash

__all__ = [
    "Head",
    "Mac",
    "Macs",
    "Record",
    "append",
    "append_all",
    "check_mac",
    "extend",
    "head_after",
    "mac_of",
    "macs_by",
]

Mac = Callable[[bytes], bytes]  # HMAC-SHA256 under the ledger's key
Macs = Callable[[int, Sequence[bytes]], Sequence[bytes]]  # of the bodies of entries, from a sequence on
_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: the tree's frontier and the last entry's time. The default is an empty log."""

    frontier: Frontier = field(default_factory=Frontier)
    time: datetime = _START

    @property
    def size(self) -> int:
        """How many entries there are, which is the next entry's sequence."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored of an entry: its body and, beside it, its MAC (32 bytes)."""

    sequence: int
    body: bytes
    mac: bytes


def append(head: Head, draft: Draft, now: datetime, mac: Mac) -> tuple[Head, Record]:
    """The head with one more entry, and that entry's record. `now` is in UTC."""
    head, (record,) = append_all(head, (draft,), now, mac)
    return head, record


def append_all(head: Head, drafts: Iterable[Draft], now: datetime, mac: Mac) -> tuple[Head, tuple[Record, ...]]:
    """The head with a batch of entries of one time, and their records, for one commit."""
    return extend(head, drafts, now, macs_by(mac))


def extend(head: Head, drafts: Iterable[Draft], now: datetime, macs: Macs) -> tuple[Head, tuple[Record, ...]]:
    """The same, where who has the ledger's key sees each entry before it has its MAC."""
    time = max(head.time, now)
    bodies = [encode(Entry.at(sequence, time, draft)) for sequence, draft in enumerate(drafts, head.size)]
    if not bodies:
        return head, ()
    stored = zip(bodies, macs(head.size, bodies), strict=True)
    records = tuple(Record(sequence, body, mac) for sequence, (body, mac) in enumerate(stored, head.size))
    return Head(head.frontier.extend([leaf_hash(body) for body in bodies]), time), records


def macs_by(mac: Mac) -> Macs:
    """The MACs of entries, for who has the ledger's key."""
    return lambda first, bodies: [mac_of(place, leaf_hash(body), mac) for place, body in enumerate(bodies, first)]


def mac_of(sequence: int, leaf: bytes, mac: Mac) -> bytes:
    """The MAC of the entry at `sequence` whose leaf hash is `leaf`."""
    return mac(b"solely/ledger/entry\0" + sequence.to_bytes(8, "big") + leaf)


def check_mac(record: Record, mac: Mac) -> bytes:
    """The leaf hash of the record's body, once the appender wrote it at this sequence; raises Tampered else."""
    leaf = leaf_hash(record.body)
    if not hmac.compare_digest(mac_of(record.sequence, leaf, mac), record.mac):
        raise Tampered("not written by the appender", where=f"ledger entry {record.sequence}")
    return leaf


def head_after(head: Head, record: Record, mac: Mac) -> Head:
    """The head after a stored record, once its MAC, its form, its sequence and its time are right.

    An appender that starts runs this over what was stored after the head it knows; Tampered where
    anything is wrong.
    """
    leaf = check_mac(record, mac)
    if record.sequence != head.size:
        raise Tampered("out of its place", where=f"ledger entry {head.size}")
    time = read_time(record.body, head.size)
    if time < head.time:
        raise Tampered("its time goes backwards", where=f"ledger entry {head.size}")
    return Head(head.frontier.append(leaf), time)
