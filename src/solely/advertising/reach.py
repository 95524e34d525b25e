"""Whom the campaigns that run can reach: held in memory, and brought up to date as soon as anything of it changed.

- What is held are numbers of givings that uploads reached someone through. Whether one of them still stands is not
  held: a decision asks the database, so what ended is never used.
- A campaign reaches nobody while what it could reach, after all that includes and excludes, is too small: else an
  audience less everyone but one would say of that one who they are. The rule is that of audiences (`status_of`).
- What is new alone is read: an upload once, and of givings that ended whose they were. Only where an upload serves no
  longer is its audience gathered anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from pyroaring import BitMap

from solely.advertising.gathered import Gathered, Part
from solely.audiences.audience import status_of, surely
from solely.audiences.ended import ended
from solely.purpose import Policy
from solely.store import advertising
from solely.store import campaigns as store
from solely.store.ledger import Concern

__all__ = ["Reach", "Running"]

_LAST = datetime.max.replace(tzinfo=UTC)
_Key = tuple[str, str]  # an advertiser, and one of its audiences or campaigns


@dataclass(slots=True, eq=False)
class Running:
    """A campaign at work. `ready`: it is large enough."""

    campaign: store.Row
    include: tuple[Gathered, ...]
    exclude: tuple[Gathered, ...]
    concerns: frozenset[Concern]
    ready: bool = False

    def through(self, numbers: Iterable[int]) -> list[tuple[Part, list[int]]]:
        """Through which of one person's givings it reaches them, part by part; nothing where one excludes them."""
        own = BitMap(numbers)
        if any(one.through(own) for one in self.exclude):
            return []
        return [(part, list(found)) for one in self.include for part, found in one.through(own)]

    def members(self) -> BitMap:
        """Whom it could reach now, after all that includes and excludes."""
        include, exclude = ([one.members for one in side] for side in (self.include, self.exclude))
        return BitMap.union(BitMap(), *include) - BitMap.union(BitMap(), *exclude)

    def at_least(self) -> int:
        """So many are among them, told without looking at who they are."""
        most = max((len(one.members) for one in self.include), default=0)
        return most - sum(len(one.members) for one in self.exclude)


class Reach:
    """What runs, for one advertising process; for one thread at a time. `floor` and noise are those of audiences."""

    def __init__(self, connection: psycopg.Connection, folder: Path, policy: Policy, noise_key: bytes) -> None:
        self._connection, self._folder, self._policy, self._noise_key = connection, folder, policy, noise_key
        self._version = -1
        self._since, self._until = _LAST, _LAST  # while time stands between them, what is held is right
        self._gathered: dict[_Key, Gathered] = {}
        self._held: tuple[Running, ...] = ()
        self._changed: set[Gathered] = set()  # since their campaigns were sized up: kept where that was cut off
        self._ended, self._ending, self._looked = BitMap(), -1, _LAST

    def running(self, now: datetime) -> Sequence[Running]:
        """The campaigns that may reach someone now: they run, their period is on, they are large enough."""
        self._note_ends(now)
        version = store.version(self._connection)
        if version != self._version or not self._since <= now < self._until:
            self._load(now)
            self._version = version
        for one in self._held:
            if not self._changed.isdisjoint((*one.include, *one.exclude)):
                self._size_up(one)
        self._changed.clear()
        return [one for one in self._held if one.ready]

    # -- what changed

    def _note_ends(self, now: datetime) -> None:
        """Take out who ended. Ends are numbered in the order in which they are durable."""
        last = advertising.last_ending(self._connection)
        if self._ending < 0:
            self._ended = ended(self._folder, self._connection, now)
        else:
            gone = BitMap(advertising.ended_since(self._connection, self._ending, last, self._looked, now))
            met = [one for one in self._gathered.values() if one.through(gone)] if gone else []
            beside = advertising.givings_beside(self._connection, list(gone)) if met else []
            self._ended |= gone
            for one in met:
                one.leave(beside, self._ended)
                self._changed.add(one)
        self._ending, self._looked = last, now

    def _load(self, now: datetime) -> None:
        rows, parts = store.running(self._connection, now), store.parts(self._connection, now)
        self._gather(parts)
        sides: dict[_Key, dict[tuple[store.Side, Gathered], None]] = {}
        for part in parts:
            audience = self._gathered[part.advertiser, part.audience]
            sides.setdefault((part.advertiser, part.campaign), {})[part.side, audience] = None
        before = {(one.campaign, one.include, one.exclude): one.ready for one in self._held}
        begun = [row for row in rows if row.starts_at <= now and row.purpose in self._policy.purposes]
        held = [_run(row, list(sides.get((row.advertiser, row.name), ()))) for row in begun]
        for one in held:
            ready = before.get((one.campaign, one.include, one.exclude))
            if ready is None:
                self._size_up(one)
            else:
                one.ready = ready
        self._held = tuple(held)
        ends = [one for row in rows for one in (row.starts_at, row.ends_at) if one is not None and one > now]
        self._since, self._until = now, min([*ends, *(part.valid_until for part in parts)], default=_LAST)

    def _gather(self, parts: Sequence[store.Part]) -> None:
        """Hold the audiences of these uploads, and no other."""
        wanted: dict[_Key, dict[UUID, str | None]] = {}
        for part in parts:
            wanted.setdefault((part.advertiser, part.audience), {})[part.upload] = part.partner
        gathered = {}
        for key, partners in wanted.items():
            one = self._gathered.get(key)
            if one is None or not one.uploads <= partners.keys():
                one = Gathered(*key)
            gathered[key] = one
            for upload in partners.keys() - one.uploads:
                one.add(advertising.read_upload(self._connection, key[0], upload), partners[upload], self._ended)
                self._changed.add(one)
        self._gathered = gathered

    def _size_up(self, one: Running) -> None:
        floor = self._policy.audience_floor
        is_surely = one.at_least() >= surely(floor)
        one.ready = is_surely or status_of(one.members(), one.campaign.advertiser, floor, self._noise_key) == "ready"


def _run(row: store.Row, sides: Sequence[tuple[store.Side, Gathered]]) -> Running:
    include, exclude = (tuple(one for on, one in sides if on == side) for side in ("include", "exclude"))
    concerns = {Concern("advertiser", row.advertiser), Concern("purpose", row.purpose)}
    for _, one in sides:
        concerns.add(Concern("audience", f"{row.advertiser}/{one.audience}"))
        concerns |= {Concern("partner", partner) for partner in one.parts if partner}
    return Running(row, include, exclude, frozenset(concerns))
