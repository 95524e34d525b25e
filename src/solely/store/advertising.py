"""The advertising schema: tokens of givings, their ends, members, audiences. It holds no contact.

Everything here runs as the role `advertising`, which can read this schema and no other.
A giving's number is dense and never given twice; it is committed in order, since the desk records
one batch after the other. So all givings above a number are exactly what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.errors import Conflict, NotFound

__all__ = [
    "Upload",
    "add_audience",
    "add_upload",
    "admit_members",
    "ended",
    "expect_purpose",
    "last_number",
    "live_tokens",
    "numbers_of",
    "pseudonyms_of",
    "uploads",
]

# The one rule of consent.py (`stands`), as SQL over g (givings) and e (endings). %(now)s is the time.
_STANDS = (
    "g.given_at <= %(now)s AND (e.ended_at IS NULL OR e.ended_at > %(now)s)"
    " AND (g.expires_at IS NULL OR g.expires_at > %(now)s)"
)
_ENDS = "LEFT JOIN advertising.endings e USING (pseudonym, giving)"


@dataclass(frozen=True, slots=True)
class Upload:
    """One match: whom it reached, and through which givings."""

    id: UUID
    members: BitMap
    evidence: BitMap


def last_number(connection: psycopg.Connection) -> int:
    """The highest giving number there is; 0 where nobody gave anything here."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM advertising.givings").fetchone() or (0,)
    return int(number)


def admit_members(connection: psycopg.Connection) -> None:
    """Give a dense member number to each person who has none yet."""
    connection.execute(
        "INSERT INTO advertising.members (pseudonym) SELECT DISTINCT pseudonym FROM advertising.givings g"
        " WHERE NOT EXISTS (SELECT FROM advertising.members m WHERE m.pseudonym = g.pseudonym) ORDER BY 1"
        " ON CONFLICT DO NOTHING"
    )


def live_tokens(
    connection: psycopg.Connection, purpose: str, now: datetime, above: int, upto: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], bytes]]:
    """Standing givings of a purpose with numbers in (above, upto], streamed.

    Each block: giving numbers, member numbers, how many tokens each has, and all tokens (16 bytes each).
    """
    with connection.transaction(), connection.cursor(name="tokens", binary=True) as cursor:
        cursor.itersize = 50_000
        cursor.execute(
            "SELECT g.number, m.number, octet_length(g.tokens) / 16, g.tokens"  # noqa: S608 - the rule, no input
            f" FROM advertising.givings g JOIN advertising.members m USING (pseudonym) {_ENDS}"
            f" WHERE g.purpose = %(purpose)s AND g.number > %(above)s AND g.number <= %(upto)s AND {_STANDS}",
            {"purpose": purpose, "now": now, "above": above, "upto": upto},
        )
        while block := cursor.fetchmany(50_000):
            numbers, members, counts, tokens = zip(*block, strict=True)
            yield (
                np.array(numbers, np.int64),
                np.array(members, np.int64),
                np.array(counts, np.int64),
                b"".join(tokens),
            )


def ended(connection: psycopg.Connection, now: datetime) -> BitMap:
    """The numbers of all givings that stand no longer."""
    rows = connection.execute(
        "SELECT g.number FROM advertising.endings e JOIN advertising.givings g USING (pseudonym, giving)"
        " WHERE e.ended_at <= %(now)s UNION ALL"
        " SELECT number FROM advertising.givings WHERE expires_at <= %(now)s",
        {"now": now},
    )
    return BitMap([number for (number,) in rows])


def expect_purpose(connection: psycopg.Connection, advertiser: str, audience: str, purpose: str) -> None:
    """Raise Conflict where the audience stands already, for another purpose."""
    if _audience_purpose(connection, advertiser, audience) not in {None, purpose}:
        raise Conflict("this audience is for another purpose", cure="give the new audience a name of its own")


def _audience_purpose(connection: psycopg.Connection, advertiser: str, audience: str) -> str | None:
    row = connection.execute(
        "SELECT purpose FROM advertising.audiences WHERE advertiser = %s AND name = %s", [advertiser, audience]
    ).fetchone()
    return row[0] if row else None


def add_audience(connection: psycopg.Connection, advertiser: str, audience: str, purpose: str) -> None:
    """Make sure the audience is there. Raises Conflict where it was made for another purpose."""
    connection.execute(
        "INSERT INTO advertising.audiences (advertiser, name, purpose) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [advertiser, audience, purpose],
    )
    expect_purpose(connection, advertiser, audience, purpose)


def add_upload(
    connection: psycopg.Connection,
    advertiser: str,
    audience: str,
    upload: Upload,
    matched_at: datetime,
    valid_until: datetime,
) -> None:
    """Store one match."""
    connection.execute(
        "INSERT INTO advertising.uploads (advertiser, upload, audience, members, evidence, matched_at, valid_until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            advertiser,
            upload.id,
            audience,
            upload.members.serialize(),
            upload.evidence.serialize(),
            matched_at,
            valid_until,
        ],
    )


def uploads(connection: psycopg.Connection, advertiser: str, audience: str, now: datetime) -> list[Upload]:
    """The uploads of an audience that are valid at `now`. Raises NotFound where there is no such audience."""
    if _audience_purpose(connection, advertiser, audience) is None:
        raise NotFound("this advertiser has no such audience", cure="match a list under this name first")
    rows = connection.execute(
        "SELECT upload, members, evidence FROM advertising.uploads"
        " WHERE advertiser = %s AND audience = %s AND valid_until > %s ORDER BY matched_at, upload",
        [advertiser, audience, now],
    )
    return [Upload(id_, BitMap.deserialize(members), BitMap.deserialize(evidence)) for id_, members, evidence in rows]


def numbers_of(connection: psycopg.Connection, givings: BitMap) -> dict[int, set[int]]:
    """For the people behind these givings: member number -> all giving numbers they ever had here."""
    rows = connection.execute(
        "SELECT m.number, g.number FROM advertising.members m JOIN advertising.givings g USING (pseudonym)"
        " WHERE m.pseudonym IN (SELECT pseudonym FROM advertising.givings WHERE number = ANY(%s))",
        [list(givings)],
    )
    found: dict[int, set[int]] = {}
    for member, number in rows:
        found.setdefault(member, set()).add(number)
    return found


def pseudonyms_of(connection: psycopg.Connection, members: BitMap) -> list[UUID]:
    """The pseudonyms behind member numbers; only the registry knows whose they are."""
    rows = connection.execute("SELECT pseudonym FROM advertising.members WHERE number = ANY(%s)", [list(members)])
    return [pseudonym for (pseudonym,) in rows]
