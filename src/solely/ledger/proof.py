"""Check a whole ledger from its stored bytes, in one pass, without store, keyring or seal.

1. Each body is an entry, canonical byte for byte.
2. Sequences run from 0 without a gap.
3. Time never goes backwards.
4. Each MAC is the appender's, where MACs and the means to check them are given.
5. Each checkpoint is signed by the log's key, comes after the one before, and its root is the one recomputed.
6. Every entry is covered: by a checkpoint or, after the last one, by a good MAC.
7. The anchor (a checkpoint kept outside what a restore brings back) is one of those checkpoints.

The caller still owes: the verifier key from outside the store, and the anchor: without it a log that was cut back
to an older checkpoint can't be told from a whole one, and `anchored` is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from solely.ledger.entry import Entry, decode
from solely.ledger.log import Mac, Record, check_mac
from solely.ledger.tree import Frontier, leaf_hash

__all__ = ["Verified", "verify_log"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proven: a log of `size` entries with that root, whose last entry was written at `time`.

    `covered`: entries under a checkpoint; the rest stand by their MACs. `anchored`: entries known from outside to be
    no fewer, or None without an anchor: nothing then shows that the end has not been cut.
    """

    size: int
    root: bytes
    time: datetime | None
    checkpoints: int
    covered: int
    anchored: int | None


def verify_log(
    bodies: Iterable[bytes],
    checkpoints: Iterable[str],
    *,
    key: VerifierKey,
    anchor: str | None = None,
    macs: Iterable[bytes] | None = None,
    mac: Mac | None = None,
) -> Verified:
    """Recompute a ledger from stored bytes. Raises Tampered, naming the first place that is wrong.

    `bodies` in the order of their sequence, `checkpoints` in the order of their size, `macs` beside `bodies`;
    `mac` makes the log's MACs. Memory does not grow with the log.
    """
    if (macs is None) != (mac is None):
        raise TypeError("macs and mac come together")
    heads = _Heads(checkpoints, key, None if anchor is None else verify_checkpoint(anchor, key))
    frontier, time = Frontier(), datetime.min.replace(tzinfo=UTC)
    heads.compare(frontier)
    for body in _authentic(bodies, macs, mac):
        entry = _entry(body, frontier.size)
        if entry.time < time:
            raise Tampered("its time goes backwards", where=_where(frontier.size))  # step 3
        frontier, time = frontier.append(leaf_hash(body)), entry.time
        heads.compare(frontier)
    heads.finish(frontier.size)
    if mac is None and heads.covered < frontier.size:
        raise Tampered("covered by no checkpoint", where=_where(heads.covered))  # step 6
    return Verified(
        size=frontier.size,
        root=frontier.root(),
        time=time if frontier.size else None,
        checkpoints=heads.count,
        covered=heads.covered,
        anchored=None if heads.anchor is None else heads.anchor.size,
    )


class _Heads:
    """The checkpoints, taken one by one as the tree grows past them."""

    def __init__(self, notes: Iterable[str], key: VerifierKey, anchor: Checkpoint | None) -> None:
        self._notes, self._key, self.anchor = iter(notes), key, anchor
        self.count, self.covered, self._anchor_seen = 0, 0, anchor is None
        self._next = self._take(-1)

    def compare(self, frontier: Frontier) -> None:
        """Step 5, for the checkpoint at the frontier's size, if there is one."""
        if self._next is None or self._next.size != frontier.size:
            return
        if self._next.root != frontier.root():
            raise Tampered("not what was signed", where=f"ledger entries {self.covered} to {frontier.size - 1}")
        self._anchor_seen = self._anchor_seen or self._next == self.anchor
        self.covered, self.count = frontier.size, self.count + 1
        self._next = self._take(frontier.size)

    def finish(self, size: int) -> None:
        """Nothing signed may be left over, and the anchor must have been met."""
        if self._next is not None:
            raise Tampered(f"missing: {self._next.size} entries were signed", where=_where(size))
        if not self._anchor_seen and self.anchor is not None:
            what = "the log ends before it" if self.anchor.size > size else "it is not among the checkpoints"
            raise Tampered(what, where=f"anchor at {self.anchor.size} entries")  # step 7

    def _take(self, after: int) -> Checkpoint | None:
        note = next(self._notes, None)
        if note is None:
            return None
        checkpoint = verify_checkpoint(note, self._key)
        if checkpoint.size <= after:
            raise Tampered("not after the one before", where=f"checkpoint at {checkpoint.size} entries")
        return checkpoint


def _authentic(bodies: Iterable[bytes], macs: Iterable[bytes] | None, mac: Mac | None) -> Iterator[bytes]:
    """Step 4: the bodies, each once its MAC is good."""
    if macs is None or mac is None:
        yield from bodies
        return
    beside = iter(macs)
    sequence = 0
    for sequence, body in enumerate(bodies, 1):
        check_mac(Record(sequence - 1, body, next(beside, b"")), mac)
        yield body
    if next(beside, None) is not None:
        raise Tampered("missing: there is a MAC for it", where=_where(sequence))


def _entry(body: bytes, sequence: int) -> Entry:
    """Steps 1 and 2."""
    try:
        entry = decode(body)
    except Tampered as error:
        raise Tampered(error.what, where=_where(sequence)) from None
    if entry.sequence != sequence:
        raise Tampered(f"entry {entry.sequence} stands there", where=_where(sequence))
    return entry


def _where(sequence: int) -> str:
    return f"ledger entry {sequence}"
