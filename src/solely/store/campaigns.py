"""The tables of campaigns, and what a decision reads: with the role `advertising`, in its schema alone.

Each change of a campaign or an audience raises the one number of `version` in its own transaction. So whoever has
read that number and sees it again has seen every change that was made before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import psycopg
from psycopg.errors import UniqueViolation

from solely.errors import Conflict, NotFound
from solely.store.advertising import raise_version

__all__ = [
    "Part",
    "Row",
    "Side",
    "Standing",
    "State",
    "add",
    "audiences_of",
    "parts",
    "purposes",
    "row",
    "rows",
    "running",
    "set_state",
    "standing",
    "version",
]

State = Literal["running", "paused"]
Side = Literal["include", "exclude"]


class Row(NamedTuple):
    """A campaign as stored."""

    advertiser: str
    name: str
    purpose: str
    state: State
    starts_at: datetime
    ends_at: datetime | None


class Part(NamedTuple):
    """A valid upload of a campaign's audience: which side it is on, who brought it, until when it serves."""

    advertiser: str
    campaign: str
    audience: str
    side: Side
    upload: UUID
    partner: str | None
    valid_until: datetime


class Standing(NamedTuple):
    """A giving of a person that stands: its number and its id."""

    pseudonym: UUID
    purpose: str
    number: int
    giving: UUID


_COLUMNS = "c.advertiser, c.name, c.purpose, c.state, c.starts_at, c.ends_at"


def version(connection: psycopg.Connection) -> int:
    """How many changes of campaigns and audiences there were."""
    (number,) = connection.execute("SELECT number FROM advertising.version").fetchone() or (0,)
    return int(number)


def purposes(connection: psycopg.Connection, advertiser: str, audiences: Sequence[str]) -> dict[str, str]:
    """By audience that this advertiser has, its purpose."""
    rows = connection.execute(
        "SELECT name, purpose FROM advertising.audiences WHERE advertiser = %s AND name = ANY(%s)",
        [advertiser, list(audiences)],
    )
    return dict(rows.fetchall())


def add(connection: psycopg.Connection, campaign: Row, sides: Sequence[tuple[str, Side]]) -> None:
    """Add a campaign with its audiences. Raises Conflict where the advertiser has one of that name."""
    try:
        with connection.transaction():
            connection.execute(
                "INSERT INTO advertising.campaigns (advertiser, name, purpose, state, starts_at, ends_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [*campaign],
            )
            for audience, side in sides:
                connection.execute(
                    "INSERT INTO advertising.campaign_audiences (advertiser, campaign, audience, side)"
                    " VALUES (%s, %s, %s, %s)",
                    [campaign.advertiser, campaign.name, audience, side],
                )
            raise_version(connection)
    except UniqueViolation:
        raise Conflict("this advertiser has a campaign of that name", cure="give the new one another name") from None


def set_state(connection: psycopg.Connection, advertiser: str, name: str, state: State) -> None:
    """Run or pause a campaign. Raises NotFound."""
    with connection.transaction():
        changed = connection.execute(
            "UPDATE advertising.campaigns SET state = %s WHERE advertiser = %s AND name = %s", [state, advertiser, name]
        )
        if not changed.rowcount:
            raise _no_such()
        raise_version(connection)


def rows(connection: psycopg.Connection, advertiser: str, after: str = "", most: int | None = None) -> list[Row]:
    """The campaigns of an advertiser, by name: those after a name, `most` of them or all."""
    query = (
        f"SELECT {_COLUMNS} FROM advertising.campaigns c"  # noqa: S608 - columns
        " WHERE advertiser = %s AND name > %s ORDER BY name LIMIT %s"
    )
    return [Row(*row) for row in connection.execute(query, [advertiser, after, most])]


def row(connection: psycopg.Connection, advertiser: str, name: str) -> Row:
    """One campaign. Raises NotFound."""
    query = f"SELECT {_COLUMNS} FROM advertising.campaigns c WHERE advertiser = %s AND name = %s"  # noqa: S608 - columns
    found = connection.execute(query, [advertiser, name]).fetchone()
    if found is None:
        raise _no_such()
    return Row(*found)


def _no_such() -> NotFound:
    return NotFound("this advertiser has no such campaign", cure="look at the list of its campaigns")


def audiences_of(connection: psycopg.Connection, advertiser: str, names: Sequence[str]) -> dict[str, dict[str, Side]]:
    """By campaign, of those named: its audiences, and the side of each."""
    found: dict[str, dict[str, Side]] = {}
    asked = connection.execute(
        "SELECT campaign, audience, side FROM advertising.campaign_audiences"
        " WHERE advertiser = %s AND campaign = ANY(%s) ORDER BY 1, 2",
        [advertiser, list(names)],
    )
    for campaign, audience, side in asked:
        found.setdefault(campaign, {})[audience] = side
    return found


def running(connection: psycopg.Connection, now: datetime) -> list[Row]:
    """The campaigns that run, or will, in the order of their names."""
    query = (
        f"SELECT {_COLUMNS} FROM advertising.campaigns c"  # noqa: S608 - columns
        " WHERE state = 'running' AND (ends_at IS NULL OR ends_at > %s) ORDER BY advertiser, name"
    )
    return [Row(*row) for row in connection.execute(query, [now])]


def parts(connection: psycopg.Connection, now: datetime) -> list[Part]:
    """The valid uploads of the audiences of campaigns that run."""
    found = connection.execute(
        "SELECT a.advertiser, a.campaign, a.audience, a.side, u.upload, u.partner, u.valid_until"
        " FROM advertising.campaign_audiences a JOIN advertising.campaigns c"
        "   ON c.advertiser = a.advertiser AND c.name = a.campaign AND c.state = 'running'"
        "   AND (c.ends_at IS NULL OR c.ends_at > %(now)s)"
        " JOIN advertising.uploads u ON u.advertiser = a.advertiser AND u.audience = a.audience"
        " WHERE u.valid_until > %(now)s",
        {"now": now},
    )
    return [Part(*row) for row in found]


def standing(connection: psycopg.Connection, pseudonyms: Sequence[UUID], now: datetime) -> list[Standing]:
    """The givings of these people that stand. An end counts once it is recorded, whatever the clock says of it."""
    found = connection.execute(
        "SELECT g.pseudonym, g.purpose, g.number, g.giving FROM advertising.givings g"
        " WHERE g.pseudonym = ANY(%(who)s) AND g.given_at <= %(now)s"
        " AND (g.expires_at IS NULL OR g.expires_at > %(now)s) AND NOT EXISTS (SELECT FROM advertising.endings e"
        "   WHERE e.pseudonym = g.pseudonym AND e.giving = g.giving)",
        {"who": list(pseudonyms), "now": now},
        binary=True,
    )
    return [Standing(*row) for row in found]
