"""Check what is published with several processes: each takes runs of tiles, and all together say what one would say.

- A run is checked from the signed head down (`TileTree`), so it needs no other's result, only the time of the entry
  before it: it begins with that entry's bundle, which the run before checks too.
- The first run that is wrong, in their order, says what is wrong; so it is the first place in the log.
- A run is small, and few are ahead of the one that is awaited: memory does not grow with what a stranger publishes.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Thread

from solely.errors import Unavailable
from solely.give.workers import end_with_parent
from solely.ledger.checkpoint import Checkpoint, VerifierKey
from solely.ledger.published import Proven, check_entries, verify_published
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import WIDTH, Fetch

__all__ = ["Opening", "Seen", "recompute"]

Opening = Callable[[], AbstractContextManager[Fetch]]  # of what is published; goes to each process, so it has to pickle
Seen = Callable[[int], None]  # told now and then how many entries are checked

_RUN = (
    WIDTH * WIDTH
)  # entries: those under one tile of level 1, so that no other run reads that tile but for one bundle
_SMALL = 2 * _RUN  # one process has checked so many before others are at work
_AHEAD = 2  # runs that wait for each process


def recompute(
    opening: Opening,
    key: VerifierKey,
    *,
    first: int = 0,
    last: int | None = None,
    anchor: str | None = None,
    processes: int = 1,
    seen: Seen = lambda _count: None,
) -> Proven:
    """What `verify_published` says of what `opening` opens, by that many processes. Raises what it raises.

    Raises Unavailable where a process ended by itself.
    """

    def check(tree: TileTree, start: int, end: int) -> datetime:
        if processes == 1 or end - start <= _SMALL:
            return check_entries(tree, start, end, seen)
        return _check(opening, tree.head, range(start, end), processes, seen)

    with opening() as fetch:
        return verify_published(fetch, key, first=first, last=last, anchor=anchor, check=check)


def _check(opening: Opening, head: Checkpoint, entries: range, processes: int, seen: Seen) -> datetime:
    """The last entry's time, once each run was found right."""
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, fork, initializer=_begin) as pool:
        running = deque[tuple[int, Future[datetime]]]()
        starts = iter(range(entries.start, entries.stop, _RUN))
        try:
            while True:
                while len(running) < _AHEAD * processes and (start := next(starts, None)) is not None:
                    end = min(start + _RUN, entries.stop)
                    before = max(start - WIDTH, entries.start)
                    running.append((end, pool.submit(_check_run, opening, head, before, end)))
                end, future = running.popleft()
                time = future.result()
                seen(end - entries.start)
                if not running:
                    return time
        except BrokenProcessPool as error:
            raise Unavailable("a process that checks ended by itself", cure="see that there is memory") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    Thread(target=end_with_parent, daemon=True).start()


def _check_run(opening: Opening, head: Checkpoint, start: int, end: int) -> datetime:
    with opening() as fetch:
        return check_entries(TileTree(fetch, head), start, end)
