"""The advertising schema: tokens of givings, their ends, members, audiences. It holds no contact.

Everything here runs as the role `advertising`, which can read this schema and no other.
The numbers of givings and of their ends are dense and never given twice; they are committed in order,
since whoever records holds the ledger's head. So all above a number is exactly what came after it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.errors import Conflict, NotFound

__all__ = [
    "BLOCK_BITS",
    "Audience",
    "Made",
    "Upload",
    "add_audience",
    "add_evidence",
    "add_upload",
    "admit_members",
    "audience",
    "audiences",
    "ended_since",
    "ending_mark",
    "expect_purpose",
    "giving_mark",
    "givings_beside",
    "last_ending",
    "last_number",
    "live_tokens",
    "number_use",
    "pseudonyms_of",
    "raise_version",
    "read_upload",
    "settled_number",
    "uploads",
]

# The one rule of consent.py (`stands`), as SQL over g (givings) and e (endings). %(now)s is the time.
_STANDS = (
    "g.given_at <= %(now)s AND (e.ended_at IS NULL OR e.ended_at > %(now)s)"
    " AND (g.expires_at IS NULL OR g.expires_at > %(now)s)"
)
BLOCK_BITS = 22  # of a giving number, that are within one block of evidence
_AUDIENCES = (
    "SELECT a.name, a.purpose, max(u.valid_until) FROM advertising.audiences a LEFT JOIN advertising.uploads u"
    " ON u.advertiser = a.advertiser AND u.audience = a.name"
    " AND (%(partner)s::text IS NULL OR u.partner = %(partner)s)"
    " WHERE a.advertiser = %(advertiser)s"
)
_OWN = "GROUP BY a.name, a.purpose HAVING %(partner)s::text IS NULL OR count(u.upload) > 0"
_ENDS = "LEFT JOIN advertising.endings e USING (pseudonym, giving)"


@dataclass(frozen=True, slots=True)
class Upload:
    """One match: through which givings it reached someone, in order of their numbers, and whom through each."""

    id: UUID
    givings: npt.NDArray[np.uint32]
    members: npt.NDArray[np.uint32]


class Audience(NamedTuple):
    """An audience as it is told to whoever brought lists for it: what for, and until when the last of these serves."""

    name: str
    purpose: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Made:
    """How and when a match was made: for which partner, under which policy, by which software."""

    partner: str | None
    policy: str
    software: str
    matched_at: datetime
    valid_until: datetime


def last_number(connection: psycopg.Connection) -> int:
    """The highest giving number there is; 0 where nobody gave anything here."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM advertising.givings").fetchone() or (0,)
    return int(number)


def settled_number(connection: psycopg.Connection, now: datetime, above: int) -> int:
    """The highest giving number up to which all givings above `above` have begun at `now`."""
    row = connection.execute(
        "SELECT max(number) FROM advertising.givings WHERE number < coalesce((SELECT min(number)"
        " FROM advertising.givings WHERE number > %(above)s AND given_at > %(now)s), 1::bigint << 62)",
        {"above": above, "now": now},
    ).fetchone()
    return int(row[0] or 0) if row else 0


def giving_mark(connection: psycopg.Connection, number: int) -> str:
    """What tells the giving of that number from any other; empty where there is none."""
    return _mark(connection.execute("SELECT pseudonym, giving FROM advertising.givings WHERE number = %s", [number]))


def ending_mark(connection: psycopg.Connection, number: int) -> str:
    """What tells the end of that number from any other; empty where there is none."""
    return _mark(connection.execute("SELECT pseudonym, giving FROM advertising.endings WHERE number = %s", [number]))


def _mark(rows: psycopg.Cursor) -> str:
    row = rows.fetchone()
    return f"{row[0]} {row[1]}" if row else ""


def admit_members(connection: psycopg.Connection, above: int) -> None:
    """Give a dense member number to each person who has none yet and a giving with a number over `above`."""
    connection.execute(
        "INSERT INTO advertising.members (pseudonym) SELECT DISTINCT pseudonym FROM advertising.givings g"
        " WHERE number > %s AND NOT EXISTS (SELECT FROM advertising.members m WHERE m.pseudonym = g.pseudonym)"
        " ORDER BY 1 ON CONFLICT DO NOTHING",
        [above],
    )


def live_tokens(
    connection: psycopg.Connection, purpose: str, now: datetime, above: int, upto: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], bytes, frozenset[int]]]:
    """Standing givings of a purpose with numbers in (above, upto], streamed.

    Each block: giving numbers, member numbers, how many tokens each has, all tokens (16 bytes each), and the numbers
    of the keys they are under.
    """
    with connection.transaction(), connection.cursor(name="tokens", binary=True) as cursor:
        cursor.itersize = 50_000
        cursor.execute(
            "SELECT g.number, m.number, octet_length(g.tokens) / 16, g.tokens, g.key_number"  # noqa: S608 - the rule, no input
            f" FROM advertising.givings g JOIN advertising.members m USING (pseudonym) {_ENDS}"
            f" WHERE g.purpose = %(purpose)s AND g.number > %(above)s AND g.number <= %(upto)s AND {_STANDS}",
            {"purpose": purpose, "now": now, "above": above, "upto": upto},
        )
        while block := cursor.fetchmany(50_000):
            numbers, members, counts, tokens, keys = zip(*block, strict=True)
            yield (
                np.array(numbers, np.int64),
                np.array(members, np.int64),
                np.array(counts, np.int64),
                b"".join(tokens),
                frozenset(keys),
            )


def last_ending(connection: psycopg.Connection) -> int:
    """The highest number of an end there is; 0 where nothing ended by withdrawal."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM advertising.endings").fetchone() or (0,)
    return int(number)


def ended_since(
    connection: psycopg.Connection, above: int, upto: int, expired_after: datetime, now: datetime
) -> list[int]:
    """The numbers of givings whose end has a number in (above, upto], or which expired in (expired_after, now].

    An end counts once it is recorded, whatever the clock says of its time.
    """
    rows = connection.execute(
        "SELECT g.number FROM advertising.endings e JOIN advertising.givings g USING (pseudonym, giving)"
        " WHERE e.number > %(above)s AND e.number <= %(upto)s UNION ALL"
        " SELECT number FROM advertising.givings WHERE expires_at > %(after)s AND expires_at <= %(now)s",
        {"above": above, "upto": upto, "after": expired_after, "now": now},
    )
    return [number for (number,) in rows]


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


def audiences(
    connection: psycopg.Connection, advertiser: str, partner: str | None, after: str, most: int
) -> list[Audience]:
    """An advertiser's audiences by name, `most` after a name; for a partner those alone that it brought lists for."""
    found = connection.execute(
        f"{_AUDIENCES} AND a.name > %(name)s {_OWN} ORDER BY a.name LIMIT %(most)s",
        {"advertiser": advertiser, "partner": partner, "name": after, "most": most},
    )
    return [Audience(*row) for row in found]


def audience(connection: psycopg.Connection, advertiser: str, partner: str | None, name: str) -> Audience:
    """One of them. Raises NotFound."""
    given = {"advertiser": advertiser, "partner": partner, "name": name}
    row = connection.execute(f"{_AUDIENCES} AND a.name = %(name)s {_OWN}", given).fetchone()
    if row is None:
        raise _no_such()
    return Audience(*row)


def _no_such() -> NotFound:
    return NotFound("this advertiser has no such audience", cure="match a list under this name first")


def number_use(connection: psycopg.Connection, advertiser: str, upload: UUID) -> int:
    """A number for a match that is about to be made: from 1, never given twice, with gaps where one was not made."""
    row = connection.execute(
        "INSERT INTO advertising.uses (advertiser, upload) VALUES (%s, %s) RETURNING number", [advertiser, upload]
    ).fetchone()
    assert row is not None
    return int(row[0])


def add_evidence(connection: psycopg.Connection, advertiser: str, upload: Upload) -> None:
    """Store whom a match reaches. In each block its givings are a Roaring bitmap, its members little-endian uint32.

    It is of no match until the ledger says so, and of no audience until `add_upload`.
    """
    numbers, starts = np.unique(upload.givings >> BLOCK_BITS, return_index=True)
    blocks = zip(numbers.tolist(), _cut(upload.givings, starts), _cut(upload.members, starts), strict=True)
    for number, givings, members in blocks:
        connection.execute(
            "INSERT INTO advertising.evidence (advertiser, upload, block, givings, members)"
            " VALUES (%s, %s, %s, %b, %b)",
            [
                advertiser,
                upload.id,
                number,
                BitMap(array("I", givings.tobytes())).serialize(),
                members.astype("<u4").tobytes(),
            ],
        )


def add_upload(connection: psycopg.Connection, advertiser: str, audience: str, upload: UUID, made: Made) -> None:
    """Make a match whose evidence is stored part of an audience, once; in a transaction, for which others wait."""
    connection.execute(
        "INSERT INTO advertising.uploads"
        " (advertiser, upload, audience, partner, policy, software, matched_at, valid_until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [advertiser, upload, audience, made.partner, made.policy, made.software, made.matched_at, made.valid_until],
    )
    raise_version(connection)


def raise_version(connection: psycopg.Connection) -> None:
    """Say that campaigns or audiences changed: who holds them in memory reads them anew (store/campaigns.py)."""
    connection.execute("UPDATE advertising.version SET number = number + 1")


def _cut(column: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64]) -> list[npt.NDArray[np.uint32]]:
    return np.split(column, starts[1:]) if len(starts) else []


def uploads(connection: psycopg.Connection, advertiser: str, audience: str, now: datetime) -> Iterator[Upload]:
    """The uploads of an audience that are valid at `now`, read one at a time. Raises NotFound where it is none."""
    if _audience_purpose(connection, advertiser, audience) is None:
        raise _no_such()
    ids = connection.execute(
        "SELECT upload FROM advertising.uploads WHERE advertiser = %s AND audience = %s AND valid_until > %s"
        " ORDER BY matched_at, upload",
        [advertiser, audience, now],
    ).fetchall()
    return (read_upload(connection, advertiser, upload) for (upload,) in ids)


def read_upload(connection: psycopg.Connection, advertiser: str, upload: UUID) -> Upload:
    """Whom an upload reached, from its blocks; one that met nobody has none."""
    blocks = connection.execute(
        "SELECT givings, members FROM advertising.evidence WHERE advertiser = %s AND upload = %s ORDER BY block",
        [advertiser, upload],
        binary=True,
    ).fetchall()
    givings = [np.array(BitMap.deserialize(one).to_array(), np.uint32) for one, _ in blocks]
    members = [np.frombuffer(one, "<u4").astype(np.uint32) for _, one in blocks]
    none = np.empty(0, np.uint32)
    return Upload(upload, np.concatenate([none, *givings]), np.concatenate([none, *members]))


def givings_beside(connection: psycopg.Connection, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Whose these givings are: each member with each of their givings, these and all others, by number."""
    rows = connection.execute(
        "SELECT DISTINCT m.number, o.number FROM advertising.givings g JOIN advertising.members m USING (pseudonym)"
        " JOIN advertising.givings o USING (pseudonym) WHERE g.number = ANY(%s)",
        [list(numbers)],
    )
    return rows.fetchall()


def pseudonyms_of(connection: psycopg.Connection, members: BitMap) -> list[UUID]:
    """The pseudonyms behind member numbers; only the registry knows whose they are."""
    rows = connection.execute("SELECT pseudonym FROM advertising.members WHERE number = ANY(%s)", [list(members)])
    return [pseudonym for (pseudonym,) in rows]
