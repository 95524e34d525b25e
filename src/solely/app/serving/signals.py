"""Signals answered in another way for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["answered"]


@contextmanager
def answered(by: Callable[[int, object], object], *numbers: signal.Signals) -> Iterator[None]:
    """While it is open these signals call `by`, with their number and a frame; afterwards what they called before.

    For the main thread alone: no other may say what a signal does.
    """
    before = {number: signal.signal(number, by) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
