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

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from solely.errors import NotFound, Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from solely.ledger.placed import read_time
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import CHECKPOINT, WIDTH, Fetch

__all__ = ["Check", "Proven", "check_entries", "read_head", "verify_published"]

Check = Callable[[TileTree, int, int], datetime]  # `check_entries`, or what says the same


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
    fetch: Fetch,
    key: VerifierKey,
    *,
    first: int = 0,
    last: int | None = None,
    anchor: str | None = None,
    check: Check | None = None,
) -> Proven:
    """Check entries `first` to `last` (both included; the newest by default) of what `fetch` gives.

    `check` in the place of `check_entries`, for who spreads it over processes or wants to see how far it is.
    Raises Tampered, naming the first place that is wrong, and NotFound where a file or the range is not there.
    Memory does not grow with the log.
    """
    head, _ = read_head(fetch, key)  # step 1
    end = head.size if last is None else last + 1
    if not (0 <= first < end <= head.size or first == end == head.size == 0):
        raise NotFound(f"no entries {first} to {end - 1} among {head.size}", where="ledger")
    tree = TileTree(fetch, head)
    anchored = None if anchor is None else _check_anchor(tree, verify_checkpoint(anchor, key))
    time = (check or check_entries)(tree, first - first % WIDTH, end)
    return Proven(head.size, head.root, first, end - 1 if end else None, time if end else None, anchored)


def _check_anchor(tree: TileTree, anchor: Checkpoint) -> int:
    """Step 6."""
    where = f"anchor at {anchor.size} entries"
    if anchor.size > tree.size:
        raise Tampered("the log ends before it", where=where)
    if tree.root_at(anchor.size) != anchor.root:
        raise Tampered("the log has another history", where=where)
    return anchor.size


def check_entries(tree: TileTree, start: int, end: int, seen: Callable[[int], None] | None = None) -> datetime:
    """Steps 2 to 5 for the entries from `start`, where a bundle begins, up to `end`; returns the last one's time.

    Bundles are checked whole. `seen` is told after each how many entries are checked.
    """
    time = latest = datetime.min.replace(tzinfo=UTC)
    for begin in range(start, end, WIDTH):
        for sequence, body in enumerate(tree.bodies(begin // WIDTH), begin):
            now = read_time(body, sequence)  # step 4
            if now < latest:
                raise Tampered("its time goes backwards", where=f"ledger entry {sequence}")
            latest = now
            time = latest if sequence < end else time
        if seen is not None:
            seen(min(begin + WIDTH, end) - start)
    return time
