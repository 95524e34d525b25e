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
from array import array
from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from solely.store.advertising import Upload

__all__ = ["Status", "effective", "reached", "standing", "status_of", "surely"]

Status = Literal["ready", "too-small"]
Numbers = npt.NDArray[np.uint32]
_MEAN = 10.0  # members that the threshold lies above the floor, on average
_LEAST = 0.5 / 2**64  # of what is drawn


def standing(givings: Numbers, members: Numbers, ended: BitMap) -> tuple[Numbers, Numbers]:
    """Givings (each once) and the members reached through them, less those that are among the ended."""
    gone = BitMap(array("I", givings.tobytes())) & ended
    if not gone:
        return givings, members
    stands = ~np.isin(givings, np.array(gone.to_array(), np.uint32))
    return givings[stands], members[stands]


def effective(uploads: Iterable[Upload], ended: BitMap, enough: float = math.inf) -> BitMap:
    """The members that a union of uploads reaches now, or `enough` of them; `ended`: givings that stand no longer."""
    found = BitMap()
    for upload in uploads:
        found |= reached(upload, ended)
        if len(found) >= enough:
            break
    return found


def reached(upload: Upload, ended: BitMap) -> BitMap:
    """The members that one upload reaches now."""
    _, members = standing(upload.givings, upload.members, ended)
    return BitMap(array("I", np.sort(members).astype(np.uint32).tobytes()))


def surely(floor: int) -> int:
    """So many members are enough, whatever is drawn for them."""
    return floor + _above(_LEAST)


def status_of(members: BitMap, advertiser: str, floor: int, noise_key: bytes) -> Status:
    """Whether there are enough members; the same answer for the same advertiser and members, always."""
    if len(members) >= surely(floor):
        return "ready"
    # Their numbers in order, not the bitmap's own form: that depends on how the set came about.
    seen = hashlib.sha256(np.array(members.to_array(), "<u4").tobytes()).digest()
    drawn = hmac.digest(noise_key, advertiser.encode() + b"\0" + seen, "sha256")
    uniform = (int.from_bytes(drawn[:8], "big") + 0.5) / 2**64
    return "ready" if len(members) >= floor + _above(uniform) else "too-small"


def _above(uniform: float) -> int:
    return int(-_MEAN * math.log(uniform))
