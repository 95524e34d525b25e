"""What a process does now and then, beside what it is asked: forget what is over, send what is due, tidy up."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from solely.app.beside import Beside
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.app.serving.hardened import give_back
from solely.app.starting import finish_erasing
from solely.principal import Home
from solely.web.api.calls import once

__all__ = ["keep_up", "upkeep"]

EVERY = 60.0  # seconds


def upkeep(ground: Ground, homes: Sequence[Home], kept: timedelta) -> Beside:
    """A context manager: while it is open, it is done each minute. Answers are kept for so long."""
    return Beside(lambda: _beside(ground, homes, kept), EVERY)


@contextmanager
def _beside(ground: Ground, homes: Sequence[Home], kept: timedelta) -> Iterator[Callable[[], None]]:
    with Parts(ground) as parts:
        yield partial(keep_up, parts, homes, kept)


def keep_up(parts: Parts, homes: Sequence[Home], kept: timedelta) -> None:
    """Forget answers that were kept long enough; of security, what is over too, and send the notices that are due.

    Of the registry, finish erasures that were cut off.
    """
    gc.collect()  # Python looks for all that refers to itself after tens of thousands of such: hours, and megabytes
    give_back()
    parts.renew()
    for home in homes:
        once(parts, home).forget(parts.ground.clock() - kept)
    if "registry" in homes:
        finish_erasing(parts)
    if "security" in homes:
        parts.verification.deliver()
        parts.verification.forget()
