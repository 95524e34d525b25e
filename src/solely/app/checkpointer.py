"""Signs what is written within a second of it, beside the work: a thread with a connection of its own.

- Our own signature does not wait for witnesses; they are asked after it, and what they leave undone is the alarm.
- A fault of the database is met by trying again. Entries that were changed are not signed, and not tried again:
  whoever closes the directory meets the same fault and is told of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psycopg

from solely.app.signed import SignedLedger
from solely.errors import SolelyError, Unavailable

__all__ = ["Checkpointer"]

EVERY = 0.5  # seconds: an entry waits for half a second at most, and then for its signature


class Checkpointer:
    """Signs every half second what `opened` has to sign, until it ends. A context manager.

    `opened` gives the ledger a connection of its own; it is called once half a second has passed.
    """

    def __init__(self, opened: Callable[[], SignedLedger], every: float = EVERY) -> None:
        self._opened, self._every = opened, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        signed: SignedLedger | None = None
        while not self._ended.wait(self._every):
            try:
                signed = signed or self._opened()
                signed.checkpoint_at_once()
            except (Unavailable, psycopg.Error):
                continue
            except SolelyError:
                return
