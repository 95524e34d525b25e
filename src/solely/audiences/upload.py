"""Lists that are sent piece by piece: begun, received, whole, matched (arrived.py), and gone.

- What is sent lies in a sealed file of its own (spool.py) until it is matched or given up, and no longer. Its key is
  made of two halves: one is this compartment's, the other stands in the list's row and goes with the file.
- Whose a list is: the advertiser's who sent it, or the partner's who sent it for one. To all others it is not there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from solely.audiences.match import Target
from solely.audiences.spool import Spool
from solely.errors import Conflict, NotFound, Throttled
from solely.keys import BoxKey, Entropy, MacKey
from solely.store import advertising, incoming
from solely.store.database import answering
from solely.store.incoming import Incoming

__all__ = ["LIFE", "MOST_OPEN", "Uploads", "target_of", "told_at"]

LIFE = timedelta(hours=24)  # in which a list comes whole, and is matched
MOST_OPEN = 16  # lists of one sender that are on their way
_STEP, _RATE = timedelta(seconds=1), 4 << 20  # a step is a second, and one more for each 4 MiB: longer than a match
_SALT_BYTES = 32
_FOR = b"a list on its way\0"


def target_of(one: Incoming) -> Target:
    """What it is matched for."""
    return Target(one.advertiser, one.audience, one.partner)


def told_at(whole_at: datetime, now: datetime, length: int) -> datetime:
    """When what came of a list is told: after as many whole steps as it took. A step depends on its length alone.

    How long a match takes depends on whom it met; that it is told after so many steps says next to nothing of it.
    """
    step = _STEP + timedelta(seconds=length / _RATE)
    return whole_at + step * math.ceil((now - whole_at) / step)


@dataclass(frozen=True, slots=True, repr=False)
class Uploads:
    """The lists on their way to one process: `folder` has their files, `key` is this side's half of their keys."""

    connection: psycopg.Connection
    folder: Path
    key: MacKey
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    entropy: Entropy

    def require_room(self, target: Target) -> None:
        """Raise Throttled where too many of the sender's lists are on their way."""
        with answering():
            count = incoming.count_open(self.connection, target.advertiser, target.partner)
        if count >= MOST_OPEN:
            what, cure = f"{MOST_OPEN} lists are on their way", "send one of them whole, or delete it"
            raise Throttled(what, where="uploads", cure=cure, retry_at=self.clock() + timedelta(minutes=1))

    def begin(self, target: Target, purpose: str, options: Mapping[str, Any]) -> Incoming:
        """A list of which nothing has come yet. There is room for it, and what it is for was allowed before."""
        now = self.clock()
        one = Incoming(
            target.advertiser, self.new_id(), target.audience, target.partner, purpose, options, "receiving", now,
            now + LIFE, self.entropy(_SALT_BYTES),
        )  # fmt: skip
        with answering():
            incoming.add(self.connection, one)
        return one

    def find(self, advertisers: Sequence[str], partner: str | None, upload: UUID) -> Incoming:
        """A list of theirs. Raises NotFound, for another's too."""
        with answering():
            found = incoming.find(self.connection, advertisers, partner, upload)
        if found is None:
            raise NotFound("there is no such upload", where="upload", cure="begin one")
        return found

    def spool(self, one: Incoming) -> Spool:
        """Its file. Raises Conflict where it is done with."""
        if one.salt is None:
            raise Conflict("this list is done with", where="upload", cure="begin another")
        box = BoxKey(self.key.mac(_FOR + one.upload.bytes + one.salt))
        return Spool(self._path(one), one.upload, box, self.entropy)

    def whole(self, one: Incoming, length: int) -> Incoming:
        """All of it has come, and is durable. Raises Conflict where it was given up meanwhile."""
        with answering():
            if not incoming.complete(self.connection, one.advertiser, one.upload, length, self.clock()):
                raise Conflict("this list is not being received", where="upload", cure="begin another")
        return self.find([one.advertiser], one.partner, one.upload)

    def matched(self, one: Incoming, told: Mapping[str, Any]) -> datetime:
        """It was matched: its file is gone, and what came of it is told at the time that is returned."""
        assert one.whole_at is not None, "it was not whole"
        assert one.length is not None
        due_at = told_at(one.whole_at, self.clock(), one.length)
        with answering():
            incoming.matched(self.connection, one.advertiser, one.upload, told, due_at)
        self._path(one).unlink(missing_ok=True)
        return due_at

    def finish(self, one: Incoming, state: incoming.State, told: Mapping[str, Any]) -> None:
        """It is done with: that is recorded, then its file is gone."""
        with answering():
            incoming.finish(self.connection, one.advertiser, one.upload, state, told)
        self._path(one).unlink(missing_ok=True)

    def end(self, one: Incoming) -> None:
        """Give it up while it is on its way; take what it reached out of its audience once it was matched.

        Raises Conflict while it is being sent or matched.
        """
        if one.state == "processing":
            raise Conflict("this list is being matched", where="upload", cure="delete it once that has ended")
        if one.state == "receiving":
            with self.spool(one).held():
                self._forget(one)
        else:
            self._forget(one)

    def _forget(self, one: Incoming) -> None:
        with answering(), self.connection.transaction():
            if one.told and (number := one.told.get("use")) is not None:
                incoming.end_use(self.connection, one.advertiser, number, self.clock())
                advertising.raise_version(self.connection)
            incoming.remove(self.connection, one.advertiser, one.upload)
        self._path(one).unlink(missing_ok=True)

    def _path(self, one: Incoming) -> Path:
        return self.folder / str(one.upload)
