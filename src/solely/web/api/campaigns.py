"""Campaigns: whom an advertiser wants to reach, by their own audiences. Of advertising's compartment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field
from typing_extensions import override

from solely.advertising import campaign as domain
from solely.app.decisions import open_campaigns
from solely.web.api.pages import Cursor, Limit, after, cut
from solely.web.api.routes import Body, Call, Name, Route, Said, Time, etag

__all__ = ["ROUTES", "Title"]

Title = Annotated[str, Field(pattern=r"^\w[\w .\-]{0,63}$", examples=["spring"])]
_Titled = Annotated[str, Path(pattern=r"^\w[\w .\-]{0,63}$", examples=["sale"])]
_MOST = 50


class New(Body):
    """A campaign to add. Its audiences are the advertiser's own, and of one purpose."""

    name: Title
    include: list[Title] = Field(min_length=1, max_length=_MOST)
    exclude: list[Title] = Field([], max_length=_MOST, description="who is in one of these is not reached")
    starts_at: Time | None = Field(None, description="now, where it is left out")
    ends_at: Time | None = Field(None, description="until it is paused, where it is left out")


class Campaign(Said):
    """A campaign as it stands. Nothing says whom it reaches, or whether anyone."""

    name: str
    state: Literal["running", "paused"]
    include: list[str]
    exclude: list[str]
    starts_at: datetime
    ends_at: datetime | None

    @override
    def headers(self) -> Mapping[str, str]:
        return {"etag": etag(self)}


class Campaigns(Said):
    """The campaigns of an advertiser, by name."""

    items: list[Campaign]
    next: str | None


class Change(Body):
    """What becomes of it."""

    state: Literal["running", "paused"]


def add(call: Call, advertiser: Name, campaign: New) -> Campaign:
    """Add a campaign that runs.

    It reaches nobody while what is left after all that excludes is too small.
    """
    made = domain.Campaign(
        advertiser,
        campaign.name,
        tuple(campaign.include),
        tuple(campaign.exclude),
        campaign.starts_at or call.now,
        campaign.ends_at,
    )
    campaigns = _open(call)
    campaigns.add(made)
    return _said(campaigns.find(advertiser, made.name))


def every(call: Call, advertiser: Name, cursor: Cursor = None, limit: Limit = 50) -> Campaigns:
    """The campaigns of an advertiser."""
    found = _open(call).all_of(advertiser, after(cursor), limit + 1)
    page, following = cut(found, limit, lambda one: one.name)
    return Campaigns(items=[_said(one) for one in page], next=following)


def one(call: Call, advertiser: Name, campaign: _Titled) -> Campaign:
    """A campaign."""
    return _said(_open(call).find(advertiser, campaign))


def change(call: Call, advertiser: Name, campaign: _Titled, change: Change) -> Campaign:
    """Pause a campaign, or run it again; in effect when this is answered.

    Other audiences, or another period, are another campaign.
    """
    campaigns = _open(call)
    call.check_match(etag(_said(campaigns.find(advertiser, campaign))))
    if change.state == "paused":
        campaigns.pause(advertiser, campaign)
    else:
        campaigns.resume(advertiser, campaign)
    return _said(campaigns.find(advertiser, campaign))


def _open(call: Call) -> domain.Campaigns:
    return call.parts.keep("campaigns", partial(open_campaigns, call.parts))


def _said(one: domain.Campaign) -> Campaign:
    return Campaign(
        name=one.name,
        state=one.state,
        include=list(one.include),
        exclude=list(one.exclude),
        starts_at=one.starts_at.astimezone(UTC),
        ends_at=one.ends_at and one.ends_at.astimezone(UTC),
    )


_ALL, _ONE = "/v1/advertisers/{advertiser}/campaigns", "/v1/advertisers/{advertiser}/campaigns/{campaign}"
ROUTES = (
    Route(
        method="POST",
        path=_ALL,
        homes=("advertising",),
        act="campaigns",
        endpoint=add,
        status=201,
        again=False,
        yields={"campaign": "/name"},
    ),
    Route(
        method="GET",
        path=_ALL,
        homes=("advertising",),
        act="campaigns",
        endpoint=every,
        yields={"campaign": "/items/0/name"},
    ),
    Route(method="GET", path=_ONE, homes=("advertising",), act="campaigns", endpoint=one),
    Route(method="PATCH", path=_ONE, homes=("advertising",), act="campaigns", endpoint=change),
)
