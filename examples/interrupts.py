"""What Ctrl-C does to the tour: it ends, but never while a database starts or stops, which would leave one behind.

Imported before anything that takes time: until `watch` an interrupt ends the process without a word.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["held", "interrupted", "watch"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_came: list[int] = []
_holding: list[bool] = []
signal.signal(signal.SIGINT, signal.SIG_DFL)


def watch() -> None:
    """From here on the first signal raises KeyboardInterrupt, and others are ignored while the tour tidies up."""
    for number in _SIGNALS:
        signal.signal(number, _stop)


def interrupted() -> int | None:
    """The signal that came, if one did."""
    return _came[0] if _came else None


@contextmanager
def held() -> Iterator[None]:
    """A signal that comes inside waits until its end, and the programs started inside do not see it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # which those programs inherit
    _holding.append(True)  # for this process that is not enough: another of its threads may be struck
    waiting = len(_came)
    try:
        yield
    finally:
        _holding.pop()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if len(_came) > waiting:
        raise KeyboardInterrupt


def _stop(number: int, _frame: FrameType | None) -> None:
    _came.append(number)
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    if not _holding:
        raise KeyboardInterrupt
