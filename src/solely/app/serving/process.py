"""One compartment's process at work: its own key files and role, links to the others, and what comes before its port.

1  it can do nothing that is not its own: no key file of another, no core dump
2  the ledger's: refuse to go on behind the anchor or a witness, and note a new policy, before anyone can write
3  its links are open and it answers others'
4  the registry's: whom a restore brought back is erased again
5  only then is there anything to serve; what ends it ends that first, and its links after the last request
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from solely.app.beside import Act, Beside
from solely.app.environment import now
from solely.app.ground import Ground
from solely.app.links import open_links, serve_links
from solely.app.parts import Parts
from solely.app.serving.place import LEDGER, own_of
from solely.app.starting import erase_again, note_new_policy
from solely.errors import NotFound, Tampered, Unavailable
from solely.purpose import Policy, read_policy
from solely.store.database import Database

__all__ = ["at_work"]

_PATIENCE, _PAUSE = 60.0, 0.25  # seconds that another process has to come up


@contextmanager
def at_work(
    directory: Path,
    name: str,
    database: Database,
    report: Callable[[BaseException], None],
    clock: Callable[[], datetime] = now,
) -> Iterator[Ground]:
    """What the process of a compartment stands on, ready to serve. `report` is told of errors in answering others.

    Raises NotFound for no data directory, Tampered behind the ledger's anchor, Unavailable where what it needs is not.
    """
    ground = Ground(directory, database, _policy(directory), clock, own_of(name))
    with ExitStack() as stack:
        ground = stack.enter_context(open_links(ground))
        if name == LEDGER:
            stack.enter_context(_signing(ground))
        stack.enter_context(serve_links(ground, report=report))
        if name == "registry":
            _patiently(partial(_erase_again, ground))
        yield ground


def _policy(directory: Path) -> Policy:
    if not (directory / "policy.toml").exists():
        raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
    return read_policy((directory / "policy.toml").read_bytes())


@contextmanager
def _signing(ground: Ground) -> Iterator[None]:
    """While it is open, what is written is signed within a second; at its end all of it is."""
    with Parts(ground) as parts:
        parts.signed.check()
        note_new_policy(parts)
        try:
            with Beside(lambda: _beside(ground)):
                yield
        finally:
            if not isinstance(sys.exception(), Tampered):
                parts.renew().signed.checkpoint()


@contextmanager
def _beside(ground: Ground) -> Iterator[Act]:
    """Signing, by a connection of its own: it is used in another thread, and closed there."""
    with Parts(ground) as parts:
        yield parts.signed.checkpoint_at_once


def _erase_again(ground: Ground) -> None:
    with Parts(ground) as parts:
        erase_again(parts)


def _patiently(act: Callable[[], None]) -> None:
    """Do it, and wait for the processes it needs: they come up at the same time."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return act()
        except Unavailable:
            if time.monotonic() > end:
                raise
        time.sleep(_PAUSE)
