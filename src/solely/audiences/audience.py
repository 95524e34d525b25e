"""An audience: what its uploads reached, less what ended since; and the little that is said of it.

- Effective members = for each valid upload, the members it reached through givings that still stand.
  A withdrawal severs every membership made through it, and a later giving revives none: it has
  another number, which stands in no earlier evidence.
- Of an audience's size nothing is said but `ready` or `too-small`. The threshold is the floor and a
  little more, drawn from a keyed hash of advertiser and members: asking again tells nothing new.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable
from typing import Literal

import psycopg
from pyroaring import BitMap

from solely.store import advertising as store
from solely.store.advertising import Upload

__all__ = ["Status", "effective", "status_of"]

Status = Literal["ready", "too-small"]
_MEAN = 10.0  # members that the threshold lies above the floor, on average


def effective(connection: psycopg.Connection, uploads: Iterable[Upload], ended: BitMap) -> BitMap:
    """The members that a union of uploads reaches now; `ended` are the givings that stand no longer."""
    members = BitMap()
    for upload in uploads:
        members |= upload.members - _lost(connection, upload, ended)
    return members


def _lost(connection: psycopg.Connection, upload: Upload, ended: BitMap) -> BitMap:
    """The members of an upload who have no standing giving left in its evidence."""
    gone = upload.evidence & ended
    if not gone:
        return BitMap()
    standing = upload.evidence - gone
    people = store.numbers_of(connection, gone)
    return BitMap([member for member, givings in people.items() if not standing.intersect(BitMap(givings))])


def status_of(members: BitMap, advertiser: str, floor: int, noise_key: bytes) -> Status:
    """Whether there are enough members; the same answer for the same advertiser and members, always."""
    seen = hashlib.sha256(members.serialize()).digest()
    drawn = hmac.digest(noise_key, advertiser.encode() + b"\0" + seen, "sha256")
    uniform = (int.from_bytes(drawn[:8], "big") + 0.5) / 2**64
    return "ready" if len(members) >= floor + int(-_MEAN * math.log(uniform)) else "too-small"
