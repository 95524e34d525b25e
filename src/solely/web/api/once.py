"""Idempotency keys: a change asked for again is answered as it was the first time, and done once.

- The key is taken, durably, before anything is done; the answer is kept, durably, before it is given.
- What was taken and not answered within the lease was cut off. It is done again where doing so changes nothing more
  (`Route.again`), and else told so: a person looks. What is done again is done as of when it was first asked for
  (`Call.asked_at`): whoever was cut off may have done it, and may even be doing it still.
- What is answered is kept but for what may be tried again: 408, 429, 500 and 503.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from solely.errors import BadInput, Conflict, SolelyError, Unavailable
from solely.keys import NONCE_BYTES, BoxKey, MacKey
from solely.principal import Home, Principal
from solely.store import requests
from solely.store.database import answering
from solely.store.requests import Kept, Request, Taken
from solely.web.api.answer import Answer, read_answer

__all__ = ["HEADER", "KEY", "LEASE", "Once", "check_key"]

HEADER = "idempotency-key"
KEY = r"^[!-~]{8,128}$"
LEASE = timedelta(seconds=20)  # by default: twice what a request may take
_KEY = re.compile(KEY)
_NOT_KEPT = frozenset({408, 429, 500, 503})


def check_key(key: str) -> str:
    """The key, if it is one. Raises BadInput."""
    if not _KEY.fullmatch(key):
        what = "an idempotency key has 8 to 128 visible characters"
        raise BadInput(what, where="Idempotency-Key", cure="send something random, such as a UUID")
    return key


@dataclass(frozen=True, slots=True, repr=False)
class Once:
    """The answers kept by one compartment; `mac` and `box` are of its own secret for them."""

    connection: psycopg.Connection
    home: Home
    mac: MacKey
    box: BoxKey

    def request(self, by: Principal, key: str, asked: bytes) -> Request:
        """What one caller asks for under their key. A person's are apart from those of who minted their token."""
        who = f"{by.name}\0{by.subject or ''}\0{key}"
        return Request(by.name, self.mac.mac(who.encode()), hashlib.sha256(asked).digest())

    def take(
        self, wanted: Sequence[Request], *, again: bool, now: datetime, lease: timedelta = LEASE
    ) -> list[Answer | SolelyError | datetime]:
        """Take these: for each its first answer, why it can't be done, or since when it is to be done."""
        first = {(one.caller, one.digest): place for place, one in reversed(list(enumerate(wanted)))}
        places = sorted(first.values())
        with answering():
            found = requests.take(self.connection, self.home, [wanted[n] for n in places], now, now + lease)
        outcomes: list[Answer | SolelyError | datetime] = [_busy() for _ in wanted]
        for place, stands in zip(places, found, strict=True):
            outcomes[place] = self._outcome(wanted[place], stands, again=again)
        return outcomes

    def _outcome(self, one: Request, stands: Taken | Kept | None, *, again: bool) -> Answer | SolelyError | datetime:
        if isinstance(stands, Taken):
            return stands.begun_at if stands.tries == 1 or again else _unknown()
        if stands is None or stands.answer is None:
            return _busy() if stands is None or stands.asked == one.asked else _other()
        if stands.asked != one.asked:
            return _other()
        return read_answer(self.box.open(stands.answer, _bound(one)))

    def keep(self, done: Iterable[tuple[Request, Answer]]) -> None:
        """Keep these answers, durably on return; what says that nothing was done is free to be asked for again."""
        kept, undone = [], []
        for one, answer in done:
            if answer.status in _NOT_KEPT:
                undone.append(one)
            else:
                nonce = secrets.token_bytes(NONCE_BYTES)
                kept.append((one, self.box.close(nonce, answer.to_bytes(), _bound(one))))
        with answering():
            if kept:
                requests.answered(self.connection, self.home, kept)
            if undone:
                requests.free(self.connection, self.home, undone)

    def forget(self, before: datetime) -> int:
        """Forget what was begun before that; returns how many."""
        with answering():
            return requests.forget(self.connection, self.home, before)


def _bound(one: Request) -> bytes:
    return one.digest + one.asked + one.caller.encode()


def _busy() -> Unavailable:
    return Unavailable("it is being done at this moment", where="Idempotency-Key", cure="ask again in a moment")


def _other() -> Conflict:
    what = "this key was used for something else"
    return Conflict(what, where="Idempotency-Key", cure="a new key for each thing that is asked for")


def _unknown() -> Conflict:
    what = "it was begun before, and cut off: nobody knows how it ended"
    return Conflict(what, where="Idempotency-Key", cure="look at what stands, and ask with a new key")
