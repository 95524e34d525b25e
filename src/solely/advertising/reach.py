"""Whom the campaigns that run can reach: held in memory, and read anew as soon as anything of it changed.

- What is held are numbers of givings that uploads reached someone through. Whether one of them still stands is not
  held: a decision asks the database, so what ended is never used.
- A campaign reaches nobody while what it could reach, after all that includes and excludes, is too small: else an
  audience less everyone but one would say of that one who they are. The rule is that of audiences (`status_of`).
- So many may leave a large audience before that is looked at anew: the threshold lies `_SURE` above the floor
  once in e^50 times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from pyroaring import BitMap

from solely.audiences.audience import effective, status_of
from solely.audiences.ended import ended
from solely.purpose import Policy
from solely.store import advertising
from solely.store import campaigns as store
from solely.store.ledger import Concern

__all__ = ["Part", "Reach", "Running"]

_SURE = 500
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The givings through which an audience's uploads by one partner, or by none, reached someone."""

    audience: str
    partner: str | None
    givings: BitMap


@dataclass(slots=True, eq=False)
class Running:
    """A campaign at work. `ready`: it is large enough; `spare`: how many may end before that is looked at anew."""

    campaign: store.Row
    uploads: frozenset[tuple[str, UUID]]
    include: tuple[Part, ...]
    exclude: tuple[Part, ...]
    concerns: frozenset[Concern]
    ready: bool = False
    spare: int = 0

    def through(self, numbers: Iterable[int]) -> list[tuple[Part, list[int]]]:
        """Through which of one person's givings it reaches them, part by part; nothing where one excludes them."""
        own = BitMap(numbers)
        if any(own.intersect(part.givings) for part in self.exclude):
            return []
        return [(part, found) for part in self.include if (found := list(part.givings & own))]

    def lost(self, gone: BitMap) -> bool:
        """Note that these givings ended; whether its size has to be looked at anew."""
        included = sum(part.givings.intersection_cardinality(gone) for part in self.include)
        excluded = any(part.givings.intersect(gone) for part in self.exclude)
        self.spare -= included
        return self.spare < 0 if self.ready else bool(included or excluded)


class Reach:
    """What runs, for one advertising process; for one thread at a time. `floor` and noise are those of audiences."""

    def __init__(self, connection: psycopg.Connection, folder: Path, policy: Policy, noise_key: bytes) -> None:
        self._connection, self._folder, self._policy, self._noise_key = connection, folder, policy, noise_key
        self._version = -1
        self._since, self._until = _LAST, _LAST  # while time stands between them, what is held is right
        self._held: tuple[Running, ...] = ()
        self._evidence: dict[UUID, BitMap] = {}
        self._ended, self._ending, self._looked = BitMap(), -1, _LAST

    def running(self, now: datetime) -> Sequence[Running]:
        """The campaigns that may reach someone now: they run, their period is on, they are large enough."""
        self._note_ends(now)
        version = store.version(self._connection)
        if version != self._version or not self._since <= now < self._until:
            self._load(now)
            self._version = version
        return [one for one in self._held if one.ready]

    # -- what changed

    def _note_ends(self, now: datetime) -> None:
        """Look anew at the size of what lost too many. Ends are numbered in the order in which they are durable."""
        last = advertising.last_ending(self._connection)
        if self._ending < 0:
            self._ended = ended(self._folder, self._connection, now)
            gone = BitMap()
        else:
            gone = BitMap(advertising.ended_since(self._connection, self._ending, last, self._looked, now))
        self._ending, self._looked = last, now
        if gone:
            self._ended |= gone
            for one in self._held:
                if one.lost(gone):
                    self._size_up(one, now)

    def _load(self, now: datetime) -> None:
        rows, parts = store.running(self._connection, now), store.parts(self._connection, now)
        self._read_evidence(parts)
        of: dict[tuple[str, str], list[store.Part]] = {(row.advertiser, row.name): [] for row in rows}
        for part in parts:
            if (
                part.advertiser,
                part.campaign,
            ) in of:  # one that was resumed since the rows were read is read next time
                of[part.advertiser, part.campaign].append(part)
        before = {(one.campaign, one.uploads): one for one in self._held}
        begun = [row for row in rows if row.starts_at <= now and row.purpose in self._policy.purposes]
        self._held = tuple(self._run(row, of[row.advertiser, row.name], before, now) for row in begun)
        ends = [one for row in rows for one in (row.starts_at, row.ends_at) if one is not None and one > now]
        self._since, self._until = now, min([*ends, *(part.valid_until for part in parts)], default=_LAST)

    def _read_evidence(self, parts: Sequence[store.Part]) -> None:
        """Of new uploads alone: what one reached never changes."""
        known = self._evidence
        self._evidence = {
            part.upload: known[part.upload]
            if part.upload in known
            else store.evidence(self._connection, part.advertiser, part.upload)
            for part in {part.upload: part for part in parts}.values()
        }

    def _run(
        self,
        row: store.Row,
        parts: Sequence[store.Part],
        before: dict[tuple[store.Row, frozenset[tuple[str, UUID]]], Running],
        now: datetime,
    ) -> Running:
        uploads = frozenset((part.side, part.upload) for part in parts)
        if (row, uploads) in before:
            return before[row, uploads]
        concerns = {Concern("advertiser", row.advertiser), Concern("purpose", row.purpose)}
        concerns |= {Concern("audience", f"{row.advertiser}/{part.audience}") for part in parts}
        concerns |= {Concern("partner", part.partner) for part in parts if part.partner}
        include, exclude = self._join(parts, "include"), self._join(parts, "exclude")
        fresh = Running(row, uploads, include, exclude, frozenset(concerns))
        self._size_up(fresh, now)
        return fresh

    def _join(self, parts: Sequence[store.Part], side: store.Side) -> tuple[Part, ...]:
        """The parts of one side, uploads of one audience and partner as one."""
        givings: dict[tuple[str, str | None], list[BitMap]] = {}
        for part in parts:
            if part.side == side:
                givings.setdefault((part.audience, part.partner), []).append(self._evidence[part.upload])
        return tuple(
            Part(audience, partner, found[0] if len(found) == 1 else BitMap.union(*found))
            for (audience, partner), found in givings.items()
        )

    def _size_up(self, one: Running, now: datetime) -> None:
        members = self._members(one, one.include, now) - self._members(one, one.exclude, now)
        status = status_of(members, one.campaign.advertiser, self._policy.audience_floor, self._noise_key)
        one.ready = status == "ready"
        one.spare = max(0, len(members) - self._policy.audience_floor - _SURE)

    def _members(self, one: Running, parts: Iterable[Part], now: datetime) -> BitMap:
        found = BitMap()
        for audience in {part.audience for part in parts}:
            uploads = advertising.uploads(self._connection, one.campaign.advertiser, audience, now)
            found |= effective(uploads, self._ended)
        return found
