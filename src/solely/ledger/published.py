"""Check a published ledger, or a part of it, from its static files and the log's verifier key alone.

1. The checkpoint is signed by the log's key.
2. The tiles of the right edge make its root; each other tile's root stands in the tile above.
3. Each entry is what its leaf hash says.
4. Each body is an entry, canonical byte for byte, of that sequence.
5. Time never goes backwards.
6. The anchor, a checkpoint kept or heard of elsewhere, has the root of that many first entries.

The caller still owes: the verifier key from elsewhere than the files, and an anchor. Without one, a log that was cut
back, or another history shown to someone else under the same key, can't be told from a whole one: `anchored` is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from solely.errors import NotFound, Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from solely.ledger.entry import Entry, decode
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import CHECKPOINT, WIDTH, Fetch

__all__ = ["Proven", "read_entry", "read_head", "verify_published"]


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven: entries `first` to `last` of a signed log of `size` with that root.

    `time` is the last one's; it and `last` are None where the log is empty. `anchored`: the anchor's size, or None.
    """

    size: int
    root: bytes
    first: int
    last: int | None
    time: datetime | None
    anchored: int | None


def read_head(fetch: Fetch, key: VerifierKey) -> tuple[Checkpoint, str]:
    """The published head and its note, once signed by `key`. Raises Tampered, and NotFound where there is none."""
    try:
        note = fetch(CHECKPOINT).decode()
    except UnicodeDecodeError:
        raise Tampered("not a text", where=CHECKPOINT) from None
    return verify_checkpoint(note, key), note


def verify_published(
    fetch: Fetch, key: VerifierKey, *, first: int = 0, last: int | None = None, anchor: str | None = None
) -> Proven:
    """Check entries `first` to `last` (both included; the newest by default) of what `fetch` gives.

    Raises Tampered, naming the first place that is wrong, and NotFound where a file or the range is not there.
    Memory does not grow with the log.
    """
    head, _ = read_head(fetch, key)  # step 1
    end = head.size if last is None else last + 1
    if not (0 <= first < end <= head.size or first == end == head.size == 0):
        raise NotFound(f"no entries {first} to {end - 1} among {head.size}", where="ledger")
    tree = TileTree(fetch, head)
    anchored = None if anchor is None else _check_anchor(tree, verify_checkpoint(anchor, key))
    time = _check_entries(tree, first // WIDTH, end)
    return Proven(head.size, head.root, first, end - 1 if end else None, time if end else None, anchored)


def _check_anchor(tree: TileTree, anchor: Checkpoint) -> int:
    """Step 6."""
    where = f"anchor at {anchor.size} entries"
    if anchor.size > tree.size:
        raise Tampered("the log ends before it", where=where)
    if tree.root_at(anchor.size) != anchor.root:
        raise Tampered("the log has another history", where=where)
    return anchor.size


def _check_entries(tree: TileTree, number: int, end: int) -> datetime:
    """Steps 2 to 5, for whole bundles; returns the time of the last entry before `end`."""
    time = latest = datetime.min.replace(tzinfo=UTC)
    for start in range(number * WIDTH, end, WIDTH):
        for sequence, body in enumerate(tree.bodies(start // WIDTH), start):
            entry = read_entry(body, sequence)
            if entry.time < latest:
                raise Tampered("its time goes backwards", where=f"ledger entry {sequence}")
            latest = entry.time
            time = latest if sequence < end else time
    return time


def read_entry(body: bytes, sequence: int) -> Entry:
    """Step 4."""
    where = f"ledger entry {sequence}"
    try:
        entry = decode(body)
    except Tampered as error:
        raise Tampered(error.what, where=where) from None
    if entry.sequence != sequence:
        raise Tampered(f"entry {entry.sequence} stands there", where=where)
    return entry
