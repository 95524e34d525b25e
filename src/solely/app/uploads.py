"""Lists that are sent, wired: advertising's role and key file, and the thread that matches what has come whole."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from solely.app.beside import Act, Beside
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.audiences.arrived import Arrived
from solely.audiences.lists import read_list
from solely.audiences.match import Target
from solely.audiences.upload import Uploads
from solely.store.incoming import Incoming

__all__ = ["begin", "matching", "open_uploads"]

_EVERY = 0.2  # seconds that a list which came whole waits, when none is being matched
_CLEARS = 60.0  # seconds between two looks for what is left over
Report = Callable[[BaseException], None]


def open_uploads(parts: Parts) -> Uploads:
    """The lists on their way, opened once for these parts."""
    return parts.keep("uploads", lambda: _open(parts))


def _open(parts: Parts) -> Uploads:
    keyring, ground = parts.ground.keyring("advertising"), parts.ground
    return Uploads(
        connection=parts.login("advertising"),
        folder=ground.directory / "advertising" / "uploads",
        key=keyring.mac("answers"),
        clock=ground.clock,
        new_id=uuid.uuid4,
        entropy=secrets.token_bytes,
    )


def begin(parts: Parts, target: Target, purpose: str, options: Mapping[str, Any]) -> Incoming:
    """A list that is about to be sent for an audience.

    Raises BadInput, ListError, Conflict, Throttled, and Refused, which is in the ledger; Unavailable where the
    ledger's witnesses are required and too few cosigned it.
    """
    uploads = open_uploads(parts)
    uploads.require_room(target)  # first: who sends too much is to be told so soon
    parts.require_witnesses()
    parts.audiences.allow(target, purpose)
    columns = {int(number): meaning for number, meaning in options.get("columns", {}).items()}
    read_list(parts.ground.directory, country=options.get("country"), columns=columns)  # are these choices any?
    return uploads.begin(target, purpose, options)


def matching(ground: Ground, report: Report) -> Beside:
    """While it is open, lists that came whole are matched. `report` is told of what is no fault of a list."""
    return Beside(lambda: _matching(ground, report), _EVERY)


@contextmanager
def _matching(ground: Ground, report: Report) -> Iterator[Act]:
    with Parts(ground) as parts:
        cleared = -_CLEARS

        def act() -> None:
            nonlocal cleared
            arrived = Arrived(open_uploads(parts.renew()), parts.audiences, parts.require_witnesses)
            if monotonic() - cleared >= _CLEARS:
                arrived.clear()
                cleared = monotonic()
            arrived.match_all(report)

        yield act
