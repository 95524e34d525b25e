"""Campaigns: whom an advertiser wants to reach, by audiences of their own.

- All audiences of a campaign are the advertiser's own, and of one purpose; that purpose is the campaign's.
- What excludes comes after all that includes: who is in an excluded audience is not reached, whatever else they are in.
- A campaign changes by being paused and resumed. Another period or other audiences are another campaign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from solely.audiences.match import check_names
from solely.errors import BadInput, Conflict, NotFound
from solely.gate import Gate
from solely.store import campaigns as store
from solely.store.campaigns import Side, State
from solely.store.database import answering
from solely.store.ledger import Concern, Words

__all__ = ["Campaign", "Campaigns"]

_MOST = 50  # audiences of one campaign


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign from `starts_at` to before `ends_at`, or without an end; times have a zone.

    Raises BadInput for names that are none, a period that is none, no audience, or one on both sides.
    """

    advertiser: str
    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    state: State = "running"

    def __post_init__(self) -> None:
        audiences = (*self.include, *self.exclude)
        check_names([("an advertiser", self.advertiser), ("a campaign", self.name)])
        check_names([("an audience", one) for one in audiences])
        if not self.include:
            raise BadInput("a campaign includes nobody", where="include", cure="name an audience to include")
        if len(audiences) > _MOST:
            raise BadInput(f"over {_MOST} audiences", where="include, exclude", cure="match their lists for fewer")
        if len(set(audiences)) != len(audiences):
            raise BadInput("an audience stands twice", where="include, exclude", cure="name each once, on one side")
        for name, time in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            if time is not None and time.utcoffset() is None:
                raise BadInput("a time has a zone", where=name, cure="write it as 2026-11-01T00:00Z")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise BadInput("it ends before it begins", where="ends_at", cure="give a later end")

    @property
    def concerns(self) -> frozenset[Concern]:
        """What must not be stopped, beside its purpose and the partners of its audiences."""
        audiences = {Concern("audience", f"{self.advertiser}/{one}") for one in (*self.include, *self.exclude)}
        return frozenset({Concern("advertiser", self.advertiser)} | audiences)


@dataclass(frozen=True, slots=True, repr=False)
class Campaigns:
    """The campaigns of all advertisers: advertising's role, and the gate, which knows what is stopped.

    All raise Unavailable where the database or the gate does not answer.
    """

    connection: psycopg.Connection
    gate: Gate
    clock: Callable[[], datetime]

    def add(self, campaign: Campaign) -> None:
        """Add a campaign; decisions know of it once this returns.

        Raises BadInput for one that is over, NotFound for an audience that the advertiser has not, Conflict where the
        audiences are of two purposes or the name is taken, and Refused, which is in the ledger, where something of it
        is stopped.
        """
        if campaign.ends_at is not None and campaign.ends_at <= self.clock():
            raise BadInput("it would be over already", where="ends_at", cure="give a later end")
        audiences = (*campaign.include, *campaign.exclude)
        with answering():
            known = store.purposes(self.connection, campaign.advertiser, audiences)
        if set(audiences) - known.keys():
            raise NotFound("this advertiser has no such audience", cure="match a list under this name first")
        purposes = set(known.values())
        if len(purposes) > 1:
            raise Conflict("these audiences are for different purposes", cure="make a campaign for each purpose")
        purpose = purposes.pop()
        self._require(campaign, purpose)
        row = store.Row(
            campaign.advertiser, campaign.name, purpose, campaign.state, campaign.starts_at, campaign.ends_at
        )
        sides: list[tuple[str, Side]] = [(one, "include") for one in campaign.include]
        with answering():
            store.add(self.connection, row, [*sides, *((one, "exclude") for one in campaign.exclude)])

    def pause(self, advertiser: str, name: str) -> None:
        """No decision after this returned reaches anyone for it. Raises NotFound."""
        with answering():
            store.set_state(self.connection, advertiser, name, "paused")

    def resume(self, advertiser: str, name: str) -> None:
        """Run it again. Raises NotFound, and Refused, which is in the ledger, where something of it is stopped."""
        with answering():
            self._require(*self._find(advertiser, name))
            store.set_state(self.connection, advertiser, name, "running")

    def all_of(self, advertiser: str, after: str = "", most: int | None = None) -> list[Campaign]:
        """The campaigns of an advertiser, by name: those after a name, `most` of them or all."""
        with answering():
            rows = store.rows(self.connection, advertiser, after, most)
            sides = store.audiences_of(self.connection, advertiser, [one.name for one in rows])
        return [_read(one, sides[one.name]) for one in rows]

    def find(self, advertiser: str, name: str) -> Campaign:
        """One of them. Raises NotFound."""
        with answering():
            return self._find(advertiser, name)[0]

    def _find(self, advertiser: str, name: str) -> tuple[Campaign, str]:
        """One of them, and its purpose."""
        row = store.row(self.connection, advertiser, name)
        return _read(row, store.audiences_of(self.connection, advertiser, [name])[name]), row.purpose

    def _require(self, campaign: Campaign, purpose: str) -> None:
        words = Words("use", f"advertiser {campaign.advertiser}", purpose, concerns=campaign.concerns)
        self.gate.require(words)


def _read(row: store.Row, sides: dict[str, Side]) -> Campaign:
    include = tuple(name for name, side in sides.items() if side == "include")
    exclude = tuple(name for name, side in sides.items() if side == "exclude")
    return Campaign(row.advertiser, row.name, include, exclude, row.starts_at, row.ends_at, row.state)
