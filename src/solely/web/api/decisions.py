"""Decisions: which campaigns may reach people now, for the platform's own ad server. Of advertising's compartment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field

from solely.advertising.decision import MOST
from solely.app.decisions import open_decisions
from solely.app.parts import Parts
from solely.errors import SolelyError
from solely.web.api.routes import Body, Call, Given, Route, Said

__all__ = ["ROUTES"]

Handle = Annotated[str, Field(pattern=r"^ad-[0-9a-f]{32}$", examples=["ad-5f0c0b1e9d7a4c1f8f4f0f3b7c2d1a90"])]


class Asked(Body):
    """Whom it is about: by handles, which the registry gives the platform's backend."""

    handles: list[Handle] = Field(min_length=1, max_length=MOST)


class Reached(Said):
    """A campaign that may reach the person."""

    advertiser: str
    campaign: str


class Decision(Said):
    """Which campaigns may reach the person of this handle, at that time; none, and nothing says why."""

    handle: str
    at: datetime
    reached: list[Reached]


class Decisions(Said):
    """A decision for each handle, in their order."""

    items: list[Decision]


def decide(call: Call, asked: Asked) -> Decisions:
    """Which campaigns may reach these people now.

    Whatever reaches somebody is a use of theirs, and in the ledger when this is answered.
    """
    (said,) = decide_together(call.parts, [(call, {"asked": asked})])
    if isinstance(said, SolelyError):
        raise said
    return said


def decide_together(parts: Parts, many: Sequence[tuple[Call, Given]]) -> list[Decisions | SolelyError]:
    """The same for several who ask, each batch of them durable by one commit."""
    decisions = parts.keep("decisions", partial(open_decisions, parts))
    outcomes: list[Decisions | SolelyError] = []
    for group in _groups([given["asked"] for _, given in many]):
        try:
            made = iter(decisions.decide_all([handle for asked in group for handle in asked.handles]))
        except SolelyError as error:
            outcomes += [error for _ in group]
            continue
        for asked in group:
            told = [next(made) for _ in asked.handles]
            outcomes.append(
                Decisions(
                    items=[
                        Decision(
                            handle=one.handle,
                            at=one.at,
                            reached=[Reached(advertiser=to.advertiser, campaign=to.campaign) for to in one.reached],
                        )
                        for one in told
                    ]
                )
            )
    return outcomes


def _groups(many: Sequence[Asked]) -> Iterator[list[Asked]]:
    """In their order, with no more handles together than one batch may have."""
    group: list[Asked] = []
    count = 0
    for asked in many:
        if count + len(asked.handles) > MOST:
            yield group
            group, count = [], 0
        group.append(asked)
        count += len(asked.handles)
    if group:
        yield group


ROUTES = (
    Route(
        method="POST",
        path="/v1/decisions",
        homes=("advertising",),
        act="decide",
        endpoint=decide,
        together=decide_together,
        alone=True,
    ),
)
