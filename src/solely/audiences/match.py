"""The main job: an advertiser's list meets only what was given for it.

1  read      the list, in a process of its own; each usable cell is a digest
2  tokenise  under the key of the purpose the capability is for
3  look up   in the index of that purpose, and in what came since
4  write     one ledger entry that commits to each giving used, less what ended up to this moment: the ledger's
             head is held, so nothing ends between the look and the entry. Givings and members, the evidence, are
             durable before the entry is; of rows that met nobody nothing is kept
5  keep      the match as part of the audience

Killed before step 4 ends, it leaves evidence that no entry speaks of: nothing was used. Killed before step 5, the use
is in the ledger with its evidence, whoever asks is told of it, and no audience came of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.audiences.audience import Status, effective, standing, status_of, surely
from solely.audiences.engines import local
from solely.audiences.lists import ListReport, Reading
from solely.audiences.shelf import Shelf, read_delta
from solely.errors import BadInput, Unavailable
from solely.gate import Gate
from solely.purpose import Policy
from solely.store import advertising as store
from solely.store.ledger import Concern, Words
from solely.tokens import TOKEN_BYTES, Tokeniser

__all__ = ["Audiences", "Matched", "Target", "Used", "check_names"]

_NAME = re.compile(r"[\w][\w .\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a list is matched for: an advertiser's audience, and the partner who brings the list, where one does."""

    advertiser: str
    audience: str
    partner: str | None = None

    @property
    def principal(self) -> str:
        return f"advertiser {self.advertiser}"

    @property
    def details(self) -> dict[str, str]:
        """What an entry says of it."""
        return {"audience": self.audience} | ({"partner": self.partner} if self.partner else {})

    @property
    def concerns(self) -> frozenset[Concern]:
        """What must not be stopped."""
        audience = Concern("audience", f"{self.advertiser}/{self.audience}")
        partner = {Concern("partner", self.partner)} if self.partner else set()
        return frozenset({Concern("advertiser", self.advertiser), audience} | partner)

    def names(self) -> list[tuple[str, str]]:
        """Each name, with what it is of."""
        partner = [("a partner", self.partner)] if self.partner is not None else []
        return [("an advertiser", self.advertiser), ("an audience", self.audience), *partner]


def check_names(names: Iterable[tuple[str, str]]) -> None:
    """Raise BadInput where one, given with what it is of, is none."""
    for what, name in names:
        if not _NAME.fullmatch(name):
            cure = "up to 64 letters, digits, spaces, dots, dashes and underscores"
            raise BadInput(f"not a name for {what}", cure=cure)


@dataclass(frozen=True, slots=True)
class Matched:
    """What an advertiser is told: the list's own format report, and whether the audience is large enough.

    `ledger` is the number that the ledger's entry gives this use, counted among advertising's uses alone: the
    entry's place in the ledger would tell how much is given and used for other purposes.
    """

    report: ListReport
    status: Status
    ledger: int


@dataclass(frozen=True, slots=True)
class Used:
    """A match that was written down: its id, the number an advertiser is told of it, how and when it was made."""

    upload: UUID
    number: int
    made: store.Made


@dataclass(frozen=True, repr=False)
class Audiences:
    """The advertising side: its database role, its tokenisers, the gate; no keyring, no sealed contact."""

    connection: psycopg.Connection
    tokenisers: Mapping[str, Tokeniser]
    gate: Gate
    policy: Policy
    folder: Path
    noise_key: bytes
    threads: int
    new_id: Callable[[], UUID]

    def allow(self, target: Target, purpose: str) -> None:
        """Check names and purpose before anything is read. A purpose that is not advertising's is refused.

        Raises BadInput, PolicyError, Conflict, and Refused, which is in the ledger.
        """
        check_names(target.names())
        self.policy.purpose(purpose)
        if purpose not in self.tokenisers:
            self.gate.refuse(
                Words("refusal", target.principal, purpose, details=MappingProxyType({"of": "use"})),
                "this purpose is not one that lists are matched for",
                f"one of: {', '.join(sorted(self.tokenisers))}",
            )
        self.gate.require(Words("use", target.principal, purpose, concerns=target.concerns))
        store.expect_purpose(self.connection, target.advertiser, target.audience, purpose)

    def match(self, reading: Reading, target: Target, purpose: str, now: datetime) -> Matched:
        """Match a list for an audience, in the steps above. `allow` comes first.

        Raises Refused, which is in the ledger, where it was stopped meanwhile.
        """
        report, used = self.use(reading, target, purpose, now)
        return Matched(report, self.keep(used, target, purpose, now), used.number)

    def use(self, reading: Reading, target: Target, purpose: str, now: datetime) -> tuple[ListReport, Used]:
        """Steps 1 to 4: it is in the ledger with its evidence, and of no audience yet. Raises as `match`."""
        givings, members = self.look_up(self._tokens(reading, self.tokenisers[purpose]), purpose)
        id_, report = self.new_id(), reading.report
        number = store.number_use(self.connection, target.advertiser, id_)
        details: dict[str, str | int] = {
            **target.details,
            "number": number,
            "upload": str(id_),
            "rows": report.rows,
            "usable": report.usable,
        }
        with self.gate.still() as still:
            givings, members = standing(givings, members, self._shelf.ended(self.connection, still.moment))
            ids = givings.astype(np.uint64)
            words = Words("use", target.principal, purpose, ids, MappingProxyType(details), concerns=target.concerns)
            still.write(words)
            with self.connection.transaction():  # ends before the ledger's: no entry is without its evidence
                store.add_evidence(self.connection, target.advertiser, store.Upload(id_, givings, members))
        valid_until = now + timedelta(days=self.policy.audience_valid_days)
        made = store.Made(target.partner, self.gate.policy, self.gate.software, now, valid_until)
        return report, Used(id_, number, made)

    def keep(self, used: Used, target: Target, purpose: str, now: datetime) -> Status:
        """Step 5: it is part of its audience, once however often this is called; whether that is large enough."""
        with self.connection.transaction():
            store.add_audience(self.connection, target.advertiser, target.audience, purpose)
            store.add_upload(self.connection, target.advertiser, target.audience, used.upload, used.made)
        return self.status(target.advertiser, target.audience, now)

    def _tokens(self, reading: Reading, tokeniser: Tokeniser) -> npt.NDArray[np.uint8]:
        """Steps 1 and 2, block by block; under each live key while keys are being rotated."""
        blocks: list[npt.NDArray[Any]] = [np.empty((0, TOKEN_BYTES), np.uint8)]
        for digests in reading:
            blocks += [tokeniser.tokenise(digests, number) for number in tokeniser.numbers]
        return np.concatenate(blocks)

    def look_up(self, tokens: npt.NDArray[np.uint8], purpose: str) -> local.Found:
        """Step 3: the givings these tokens are of, some maybe ended, and the member behind each. Nothing is stored.

        Raises Unavailable where keys were rotated after these tokens were made: some would not meet.
        """
        now = self.gate.clock()  # a long list was read until now; what was given meanwhile counts
        held = frozenset(self.tokenisers[purpose].numbers)
        index = self._shelf.current(self.connection, purpose, now)
        if any(number < max(held) for number in index.keys - held):  # of a key that was destroyed: a restored one, say
            self._shelf.rebuild(self.connection, purpose, now)
            index = self._shelf.current(self.connection, purpose, now)
        delta, under = read_delta(self.connection, purpose, now, index.watermark)
        if not under | index.keys <= held:
            raise Unavailable("keys were rotated while this list was read", cure="match it again: nothing was used")
        return local.find(index, delta, tokens, self.threads)

    def compact(self) -> None:
        """Write the indexes without the tokens of what ended: after an erasure none of that person's is left."""
        for purpose in self.tokenisers:
            self._shelf.compact(self.connection, purpose, self.gate.clock())

    def key_numbers(self, purpose: str) -> frozenset[int]:
        """The numbers of the keys that a purpose's index is under."""
        return self._shelf.keys(self.connection, purpose)

    def rebuild(self, purpose: str) -> None:
        """Write a purpose's index anew, under the keys that its tokens are under by now."""
        self._shelf.rebuild(self.connection, purpose, self.gate.clock())

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self.folder)

    def members(self, advertiser: str, audience: str, now: datetime) -> BitMap:
        """The effective members of an audience, for the officer and for delivery; never for the advertiser."""
        uploads = store.uploads(self.connection, advertiser, audience, now)
        return effective(uploads, self._shelf.ended(self.connection, now))

    def status(self, advertiser: str, audience: str, now: datetime) -> Status:
        """What the advertiser is told of an audience's size. No more of its lists are read than that takes."""
        uploads, floor = store.uploads(self.connection, advertiser, audience, now), self.policy.audience_floor
        members = effective(uploads, self._shelf.ended(self.connection, now), surely(floor))
        return status_of(members, advertiser, floor, self.noise_key)
