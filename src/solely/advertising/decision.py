"""Decisions: which campaigns may reach a person now. What reaches someone is a use, written down before it is told.

1  look      who of a batch is reached by what runs; where nobody is, nothing is used and the answer is ready
2  hold      the ledger's head is held: nothing ends between the last look and the entry
3  look      at the same again: what stands now, what is not stopped
4  write     an entry for each campaign and audience that reached someone in this batch: it commits to the givings
             through which it did, and they are kept beside it, so each person is shown theirs
5  tell      once the entries are durable

A withdrawal holds the ledger's head too. One that returned before a decision was asked for is never followed by a
decision through that giving.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
import psycopg

from solely.advertising.gathered import Part
from solely.advertising.handle import read_handle
from solely.advertising.reach import Reach, Running
from solely.errors import BadInput
from solely.gate import Gate, Still
from solely.store import campaigns as store
from solely.store.database import answering
from solely.store.ledger import Concern, Words

__all__ = ["MOST", "Decision", "Decisions", "Reached"]

MOST = 1_000  # handles in one batch


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """A campaign that may reach the person."""

    advertiser: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Which campaigns may reach the person of this handle at that time, in order; for the platform's ad server."""

    handle: str
    at: datetime
    reached: tuple[Reached, ...]


@dataclass(frozen=True, slots=True)
class _Met:
    """One person met by one part of a campaign's audiences, through these givings."""

    who: UUID
    running: Running
    part: Part
    givings: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Decisions:
    """The advertising side at delivery: its role, its view of what runs, the gate; no key. For one thread at a time."""

    connection: psycopg.Connection
    gate: Gate
    reach: Reach
    _told: set[tuple[str, str, Concern]] = field(default_factory=set)  # stops whose refusal is in the ledger

    def decide(self, handle: str) -> Decision:
        """One decision; see `decide_all`."""
        return self.decide_all([handle])[0]

    def decide_all(self, handles: Sequence[str]) -> list[Decision]:
        """A decision for each handle, in their order; all are durable in the ledger when this returns.

        Who is not known here is reached by nobody, like whoever gave nothing for it. Raises BadInput for a handle that
        is none and for too many, Unavailable where the database does not answer or the ledger can't be written: then
        nobody is reached.
        """
        if len(handles) > MOST:
            raise BadInput(f"over {MOST:,} handles at once", where="handles", cure="ask in several batches")
        who = [read_handle("advertising", one) for one in handles]
        with answering():
            met, now = self._use(who)
        return _answers(handles, who, met, now)

    def _use(self, who: Sequence[UUID]) -> tuple[list[_Met], datetime]:
        """Who is reached by what, at what time; that is in the ledger."""
        now = self.gate.clock()
        running = self.reach.running(now)
        met = self._look(who, running, now)
        if met:
            with self.gate.still() as still:
                now = still.moment
                stopped = self._note_stops(running, still)
                met = self._look(who, [one for one in running if not one.concerns & stopped], now)
                if met:
                    still.write_all(_words(met))
        return met, now

    def _look(self, who: Iterable[UUID], running: Sequence[Running], now: datetime) -> list[_Met]:
        """Who of these is reached by what, through givings of theirs that stand."""
        if not running:
            return []
        givings: dict[tuple[UUID, str], dict[int, bytes]] = {}
        for one in store.standing(self.connection, list(set(who)), now):
            givings.setdefault((one.pseudonym, one.purpose), {})[one.number] = one.giving.bytes
        return [
            _Met(person, campaign, part, tuple(mine[number] for number in numbers))
            for (person, purpose), mine in givings.items()
            for campaign in running
            if campaign.campaign.purpose == purpose
            for part, numbers in campaign.through(mine)
        ]

    def _note_stops(self, running: Sequence[Running], still: Still) -> frozenset[Concern]:
        """What of this is stopped. A campaign that meets a stop is refused in the ledger once, not at each asking."""
        stopped = still.stopped(frozenset[Concern]().union(*(one.concerns for one in running)))
        met = {
            (one.campaign.advertiser, one.campaign.name, why): one for one in running for why in one.concerns & stopped
        }
        fresh = [(met[key], key[2]) for key in sorted(met.keys() - self._told)]
        if fresh:
            still.write_all([_refusal(one, why) for one, why in fresh])
        self._told.clear()
        self._told.update(met)
        return stopped


def _words(met: Iterable[_Met]) -> list[Words]:
    """The entries of a batch: one for each campaign and part of its audiences, in order."""
    of: dict[tuple[str, str, str, str], list[_Met]] = {}
    for one in met:
        row = one.running.campaign
        of.setdefault((row.advertiser, row.name, one.part.audience, one.part.partner or ""), []).append(one)
    return [_use(found) for _, found in sorted(of.items())]


def _use(met: Sequence[_Met]) -> Words:
    row, part = met[0].running.campaign, met[0].part
    ids = b"".join(sorted({giving for one in met for giving in one.givings}))
    details: dict[str, str | int] = {"of": "decision", "campaign": row.name, "audience": part.audience}
    if part.partner:
        details["partner"] = part.partner
    return Words(
        "use",
        f"advertiser {row.advertiser}",
        row.purpose,
        np.frombuffer(ids, np.uint8).reshape(-1, 16),
        MappingProxyType(details | {"people": len(met)}),
        keep=True,
        concerns=met[0].running.concerns,
    )


def _refusal(one: Running, why: Concern) -> Words:
    details = {"of": "decision", "campaign": one.campaign.name, "why": "stopped", "what": why.what}
    principal = f"advertiser {one.campaign.advertiser}"
    return Words("refusal", principal, one.campaign.purpose, details=MappingProxyType(details))


def _answers(handles: Sequence[str], who: Sequence[UUID], met: Iterable[_Met], now: datetime) -> list[Decision]:
    reached: Mapping[UUID, set[Reached]] = {one: set() for one in who}
    for one in met:
        reached[one.who].add(Reached(one.running.campaign.advertiser, one.running.campaign.name))
    return [Decision(handle, now, tuple(sorted(reached[one]))) for handle, one in zip(handles, who, strict=True)]
