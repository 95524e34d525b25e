"""Processes that prepare batches of a file, one for each core.

- They are forked: they inherit the intakes, so no key goes through a pipe or is pickled.
- They end with the process that started them, however it ends: what they inherited of it (its connection to
  the database, its hold on the server) is let go at once.
- One that ends by itself is noticed; a batch is then refused, not waited for.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from threading import Thread
from types import TracebackType
from typing import Self, final

from solely.errors import Unavailable
from solely.give.intake import Intake
from solely.give.rows import Batch, Prepared, Rules, prepare
from solely.purpose import Compartment

__all__ = ["Workers", "end_with_parent"]

_work: tuple[Rules, Mapping[Compartment, Intake]]


@final
class Workers:
    """The processes at work; a context manager, which ends them."""

    def __init__(self, processes: int, rules: Rules, intakes: Mapping[Compartment, Intake]) -> None:
        fork = multiprocessing.get_context("fork")
        self._pool = ProcessPoolExecutor(processes, fork, initializer=_begin, initargs=(rules, intakes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def prepare(self, batch: Batch) -> Future[Prepared]:
        """Have a batch prepared; `result` waits for it. Raises Unavailable where a process ended by itself."""
        try:
            return self._pool.submit(_prepare, batch)
        except BrokenProcessPool as error:
            raise _ended() from error

    def result(self, future: Future[Prepared]) -> Prepared:
        """The prepared batch. Raises Unavailable where a process ended by itself."""
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise _ended() from error


def _ended() -> Unavailable:
    return Unavailable(
        "a process that prepares rows ended by itself",
        cure="see that there is memory, and give the file again: nothing is doubled",
    )


def _begin(rules: Rules, intakes: Mapping[Compartment, Intake]) -> None:
    global _work  # noqa: PLW0603 - a process has one work
    _work = (rules, intakes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    gc.freeze()
    gc.disable()  # a batch makes many objects and no cycle: looking for some costs a fifth of the time
    Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Wait for the process that started this one, and end with it; for a thread of its own."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _prepare(batch: Batch) -> Prepared:
    prepared = prepare(batch, *_work)
    gc.collect()
    return prepared
