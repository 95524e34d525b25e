"""Whom uses affected, for the officer: how many, and, once two officers agreed, who. Of the registry.

- Counts and names are disclosures, in the ledger before they are answered; of names each page is an entry of its own.
- One page after another is of one time, which the cursor says: what is used meanwhile is not among them.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from solely.answer.affected import Counts
from solely.answer.affected_people import Place
from solely.answer.question import Question
from solely.errors import BadInput
from solely.principal import Home
from solely.store.notified import STATES, State
from solely.web.api.pages import CURE, Cursor, Limit, after, cursor_of, cut, moment
from solely.web.api.routes import Body, Call, Route, Said, Time

__all__ = ["ROUTES", "QuestionAsked"]

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", examples=["2026-001"])]
Titled = Annotated[str, Path(pattern=r"^\w[\w .-]{0,63}$", examples=["acme"])]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(min_length=1, max_length=10_000)]
InStates = Annotated[list[State] | None, Query(max_length=len(STATES), description="in these states; else in all")]
_NUMBER = re.compile(r"[0-9]{1,10}")
_NUMBERS = 2**32  # of members


class QuestionAsked(Body):
    """Uses from `since` to before `until`, by and for these; within a list any of its values, across lists all."""

    since: Time | None = None
    until: Time | None = None
    advertisers: Names | None = Field(None, examples=[["acme"]])
    audiences: Names | None = Field(None, description="each as ADVERTISER/AUDIENCE")
    partners: Names | None = None
    purposes: Names | None = None
    notices: Names | None = Field(None, description="each as PURPOSE/VERSION")
    imports: Names | None = None
    software: Names | None = None
    policies: Names | None = Field(None, description="each a digest, or its first 8 digits or more")
    givings: Annotated[list[UUID], Field(min_length=1, max_length=10_000)] | None = None

    def read(self) -> Question:
        """The question. Raises BadInput where nothing is asked, or a name is none."""
        asked: dict[str, Any] = {
            name: frozenset(value) if isinstance(value, list) else value for name, value in self if value is not None
        }
        return Question(**asked)


class CountsTold(Said):
    """How many people, each once in all, and once under each name that applies."""

    people: int
    by_advertiser: dict[str, int]
    by_audience: dict[str, int]
    by_month: dict[str, int]
    by_country: dict[str, int]
    by_purpose: dict[str, int]


class PersonNamed(Said):
    """A person who was affected, and the countries known of the contacts in question."""

    subject: str
    country: str


class PeoplePage(Said):
    """The people of an incident; a page may have fewer than asked for, also none, and not be the last."""

    items: list[PersonNamed]
    next: str | None


class PersonTold(Said):
    """Who was told, or was not, since when that is, and why."""

    subject: str
    state: State
    since: datetime
    why: str | None


class ToldPage(Said):
    """Who was told of an incident, in the order of their ids."""

    items: list[PersonTold]
    next: str | None


class MembersPage(Said):
    """The members of an audience, as they are now."""

    items: list[str]
    next: str | None


def ask(call: Call, question: QuestionAsked) -> CountsTold:
    """Count whom uses affected."""
    return _counts(call.parts.disclosures.affected(call.principal, question.read()).counts())


def counts(call: Call, incident: Id) -> CountsTold:
    """Count whom an incident affects, by the question it asks."""
    return _counts(call.parts.disclosures.affected_by(call.principal, incident).counts())


def people(call: Call, incident: Id, cursor: Cursor = None, limit: Limit = 100) -> PeoplePage:
    """Name whom an incident affects.

    Two officers agree to it first, by an approval of `disclosure` whose scope is the incident, since it asks what it
    asks.
    """
    until, place = _people_place(after(cursor), call.now)
    rows, following = call.parts.disclosures.affected_by(call.principal, incident, until).page(place, limit)
    more = None if following is None else cursor_of(f"{until.isoformat()} {following}")
    return PeoplePage(items=[PersonNamed(subject=row.subject, country=row.country) for row in rows], next=more)


def told(
    call: Call,
    incident: Id,
    state: InStates = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ToldPage:
    """Name who was told of an incident, and who could not be. It takes two officers, as the people themselves do."""
    there, first = call.parts.disclosures, after(cursor)
    lines = list(there.told(call.principal, incident, state or STATES, after=first, most=limit + 1))
    page, more = cut(lines, limit, lambda one: one.subject)
    items = [PersonTold(subject=one.subject, state=one.state, since=one.changed_at, why=one.why) for one in page]
    return ToldPage(items=items, next=more)


def members(call: Call, advertiser: Titled, audience: Titled, cursor: Cursor = None, limit: Limit = 100) -> MembersPage:
    """Name the members of an audience.

    Two officers agree to it first, by an approval of `disclosure` whose scope is ADVERTISER/AUDIENCE.
    """
    number = _number(after(cursor) or "0")
    found, following = call.parts.disclosures.members_from(call.principal, advertiser, audience, number, limit)
    return MembersPage(items=found, next=None if following is None else cursor_of(str(following)))


def _counts(found: Counts) -> CountsTold:
    return CountsTold(**asdict(found))


def _people_place(said: str, now: datetime) -> tuple[datetime, Place]:
    """Until when, never later than now, and from where on; at first until now, from the first person on."""
    if not said:
        return now, 0
    until, _, place = said.partition(" ")
    try:
        if (then := moment(until)) <= now:
            return then, _number(place) if place.isdecimal() else UUID(place)
    except ValueError:
        pass
    raise BadInput("not a cursor", where="cursor", cure=CURE)


def _number(said: str) -> int:
    if not _NUMBER.fullmatch(said) or int(said) >= _NUMBERS:
        raise BadInput("not a cursor", where="cursor", cure=CURE)
    return int(said)


_HOMES: tuple[Home, ...] = ("registry",)
_ONE = "/v1/incidents/{incident}"
_MEMBERS = "/v1/advertisers/{advertiser}/audiences/{audience}/members"
ROUTES = (
    Route(method="POST", path="/v1/affected", homes=_HOMES, act="affected", endpoint=ask, slow=True),
    Route(method="GET", path=f"{_ONE}/affected", homes=_HOMES, act="affected", endpoint=counts, slow=True),
    Route(method="GET", path=f"{_ONE}/people", homes=_HOMES, act="affected", endpoint=people, slow=True),
    Route(method="GET", path=f"{_ONE}/told", homes=_HOMES, act="affected", endpoint=told),
    Route(method="GET", path=_MEMBERS, homes=_HOMES, act="members", endpoint=members, slow=True),
)
