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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from solely.ledger.log import Mac, Record, check_mac
from solely.ledger.placed import read_time
from solely.ledger.tree import Frontier, leaf_hash

__all__ = ["Verified", "verify_log"]

_BATCH = 4_096  # leaf hashes that are put into the tree at once


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
    seen: Callable[[int], None] | None = None,
) -> Verified:
    """Recompute a ledger from stored bytes. Raises Tampered, naming the first place that is wrong.

    `bodies` in the order of their sequence, `checkpoints` in the order of their size, `macs` beside `bodies`;
    `mac` makes the log's MACs; `seen` is told now and then how many entries are checked. Memory does not grow with
    the log.
    """
    if (macs is None) != (mac is None):
        raise TypeError("macs and mac come together")
    heads = _Heads(checkpoints, key, None if anchor is None else verify_checkpoint(anchor, key))
    tree, time = _Tree(heads, seen), datetime.min.replace(tzinfo=UTC)
    for sequence, (body, leaf) in enumerate(_authentic(bodies, macs, mac)):
        now = read_time(body, sequence)  # steps 1 and 2
        if now < time:
            raise Tampered("its time goes backwards", where=_where(sequence))  # step 3
        time = now
        tree.add(leaf)
    frontier = tree.whole()
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


class _Tree:
    """The tree as it grows: leaf hashes go in by batches, none of which goes past the next checkpoint."""

    def __init__(self, heads: _Heads, seen: Callable[[int], None] | None) -> None:
        self._heads, self._seen = heads, seen
        self._frontier, self._leaves = Frontier(), list[bytes]()
        heads.compare(self._frontier)
        self._room = self._heads.room(0, _BATCH)

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        self._leaves.append(leaf)
        if len(self._leaves) == self._room:
            self._grow()

    def whole(self) -> Frontier:
        """The frontier with all that was added."""
        self._grow()
        return self._frontier

    def _grow(self) -> None:
        self._frontier, self._leaves = self._frontier.extend(self._leaves), []
        self._heads.compare(self._frontier)
        self._room = self._heads.room(self._frontier.size, _BATCH)
        if self._seen is not None:
            self._seen(self._frontier.size)


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

    def room(self, size: int, most: int) -> int:
        """How many entries there are from `size` to the next checkpoint, at most `most`."""
        return most if self._next is None else min(most, self._next.size - size)

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


def _authentic(bodies: Iterable[bytes], macs: Iterable[bytes] | None, mac: Mac | None) -> Iterator[tuple[bytes, bytes]]:
    """Step 4: each body, once its MAC is good, and its leaf hash."""
    if macs is None or mac is None:
        yield from ((body, leaf_hash(body)) for body in bodies)
        return
    beside = iter(macs)
    sequence = -1
    for sequence, body in enumerate(bodies):
        yield body, check_mac(Record(sequence, body, next(beside, b"")), mac)
    if next(beside, None) is not None:
        raise Tampered("missing: there is a MAC for it", where=_where(sequence + 1))


def _where(sequence: int) -> str:
    return f"ledger entry {sequence}"
