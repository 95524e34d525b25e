"""Audiences: what lists of an advertiser made, by name; of their size nothing but whether they are large enough."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path

from solely.store import advertising as store
from solely.store.database import answering
from solely.web.api.pages import Cursor, Limit, after, cut
from solely.web.api.routes import Call, Name, Route, Said

__all__ = ["ROUTES"]

Titled = Annotated[str, Path(pattern=r"^\w[\w .\-]{0,63}$", examples=["spring"])]


class Audience(Said):
    """An audience: what its lists were matched for, and until when the last of them serves."""

    name: str
    purpose: str
    valid_until: datetime | None


class Audiences(Said):
    """The audiences of an advertiser, by name."""

    items: list[Audience]
    next: str | None


class Status(Audience):
    """An audience, and whether it is large enough to be reached."""

    status: Literal["ready", "too-small"]


def every(call: Call, advertiser: Name, cursor: Cursor = None, limit: Limit = 50) -> Audiences:
    """The audiences of an advertiser; for a partner those it brought lists for."""
    with answering():
        connection = call.parts.audiences.connection
        found = store.audiences(connection, advertiser, _partner(call), after(cursor), limit + 1)
    page, following = cut(found, limit, lambda one: one.name)
    return Audiences(items=[Audience(**_told(one)) for one in page], next=following)


def one(call: Call, advertiser: Name, audience: Titled) -> Status:
    """An audience.

    `too-small` is told of one that is under the floor of the policy, and of some that are a little above it: no answer
    says whether one person more or less is in it.
    """
    audiences = call.parts.audiences
    with answering():
        found = store.audience(audiences.connection, advertiser, _partner(call), audience)
        return Status(**_told(found), status=audiences.status(advertiser, audience, call.now))


def _partner(call: Call) -> str | None:
    return call.principal.name if call.principal.kind == "partner" else None


def _told(one: store.Audience) -> dict[str, Any]:
    until = one.valid_until
    return {"name": one.name, "purpose": one.purpose, "valid_until": until and until.astimezone(UTC)}


_ALL = "/v1/advertisers/{advertiser}/audiences"
ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        homes=("advertising",),
        act="audiences",
        endpoint=every,
        yields={"audience": "/items/0/name"},
    ),
    Route(method="GET", path=_ALL + "/{audience}", homes=("advertising",), act="audiences", endpoint=one),
)
