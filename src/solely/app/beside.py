"""Does something again and again beside the work, in a thread of its own: signing what was written, publishing it.

- A fault of the database is met by trying again. Entries that were changed are not signed, and not tried again:
  whoever closes the directory meets the same fault and is told of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import psycopg

from solely.errors import SolelyError, Unavailable

__all__ = ["EVERY", "Beside"]

EVERY = 0.5  # seconds: what was written waits for half a second at most, and then for its signature

Act = Callable[[], None]
Opened = Callable[[], AbstractContextManager[Act]]


class Beside:
    """Acts every half second until it ends. A context manager.

    `opened` gives the act, with connections of its own: they are opened in the thread, after the first half second,
    and closed there once it ends.
    """

    def __init__(self, opened: Opened, every: float = EVERY) -> None:
        self._opened, self._every = opened, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                with self._opened() as act:
                    act()
                    while not self._ended.wait(self._every):
                        act()
            except (Unavailable, psycopg.Error):
                continue
            except SolelyError:
                return
