"""Lists that an advertiser or a partner sends: how far each is, and what they are told of it. No row of a list is here.

`salt` is half of what opens a list's sealed file; it goes when the list is done with, and the file with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Json

__all__ = [
    "OPEN",
    "Incoming",
    "State",
    "add",
    "complete",
    "count_open",
    "end_use",
    "find",
    "finish",
    "matched",
    "opened",
    "remove",
    "try_once",
]

State = Literal["receiving", "processing", "ready", "too-small", "refused"]
OPEN: tuple[State, State] = ("receiving", "processing")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One list. `options`: how it is read; `length`: its bytes, once it is whole, at `whole_at`.

    `told`: what came of it, not to be told before `due_at`.
    """

    advertiser: str
    upload: UUID
    audience: str
    partner: str | None
    purpose: str
    options: Mapping[str, Any]
    state: State
    begun_at: datetime
    expires_at: datetime
    salt: bytes | None = field(repr=False)
    length: int | None = None
    told: Mapping[str, Any] | None = None
    whole_at: datetime | None = None
    due_at: datetime | None = None


_COLUMNS = (
    "advertiser, upload, audience, partner, purpose, options, state, begun_at, expires_at, salt, length, told,"
    " whole_at, due_at"
)


def add(connection: psycopg.Connection, one: Incoming) -> None:
    """Add a list of which nothing has come yet."""
    connection.execute(
        "INSERT INTO advertising.incoming (advertiser, upload, audience, partner, purpose, options, state, begun_at,"
        " expires_at, salt, length)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %b, %s)",
        [
            one.advertiser, one.upload, one.audience, one.partner, one.purpose, Json(dict(one.options)), one.state,
            one.begun_at, one.expires_at, one.salt, one.length,
        ],
    )  # fmt: skip


def count_open(connection: psycopg.Connection, advertiser: str, partner: str | None) -> int:
    """How many of their lists are being received or processed."""
    (count,) = connection.execute(
        "SELECT count(*) FROM advertising.incoming WHERE advertiser = %s AND partner IS NOT DISTINCT FROM %s"
        " AND state = ANY(%s)",
        [advertiser, partner, list(OPEN)],
    ).fetchone() or (0,)
    return int(count)


def find(
    connection: psycopg.Connection, advertisers: Sequence[str], partner: str | None, upload: UUID
) -> Incoming | None:
    """A list that one of these advertisers sent, or that partner for one of them; None for anybody else's."""
    return _rows(
        connection,
        "advertiser = ANY(%s) AND upload = %s AND partner IS NOT DISTINCT FROM %s",
        [list(advertisers), upload, partner],
    ).fetchone()


def opened(connection: psycopg.Connection) -> list[Incoming]:
    """All lists that are being received or processed, the oldest first."""
    return _rows(connection, "state = ANY(%s) ORDER BY begun_at, upload", [list(OPEN)]).fetchall()


def _rows(connection: psycopg.Connection, where: str, given: Sequence[object]) -> psycopg.Cursor[Incoming]:
    cursor = connection.cursor(row_factory=class_row(Incoming))
    return cursor.execute(f"SELECT {_COLUMNS} FROM advertising.incoming WHERE {where}".encode(), given)  # noqa: S608


def complete(connection: psycopg.Connection, advertiser: str, upload: UUID, length: int, now: datetime) -> bool:
    """All its bytes are there. Returns whether it was being received."""
    return bool(
        connection.execute(
            "UPDATE advertising.incoming SET state = 'processing', length = %s, whole_at = %s"
            " WHERE advertiser = %s AND upload = %s AND state = 'receiving'",
            [length, now, advertiser, upload],
        ).rowcount
    )


def try_once(connection: psycopg.Connection, advertiser: str, upload: UUID, count: int = 1) -> int:
    """Count that it is about to be processed; how often it was by now, 0 where it is not to be processed.

    A `count` of -1 takes it back: it was not the list that failed.
    """
    row = connection.execute(
        "UPDATE advertising.incoming SET tries = tries + %s"
        " WHERE advertiser = %s AND upload = %s AND state = 'processing' AND due_at IS NULL"
        " RETURNING tries",
        [count, advertiser, upload],
    ).fetchone()
    return int(row[0]) if row else 0


def matched(
    connection: psycopg.Connection, advertiser: str, upload: UUID, told: Mapping[str, Any], due_at: datetime
) -> None:
    """It was matched, and its file opens no more; what came of it is told later."""
    connection.execute(
        "UPDATE advertising.incoming SET told = %s, due_at = %s, salt = NULL WHERE advertiser = %s AND upload = %s",
        [Json(dict(told)), due_at, advertiser, upload],
    )


def finish(
    connection: psycopg.Connection, advertiser: str, upload: UUID, state: State, told: Mapping[str, Any]
) -> bool:
    """It is done with, and its file opens no more. Returns whether it was not before."""
    return bool(
        connection.execute(
            "UPDATE advertising.incoming SET state = %s, told = %s, salt = NULL"
            " WHERE advertiser = %s AND upload = %s AND state = ANY(%s)",
            [state, Json(dict(told)), advertiser, upload, list(OPEN)],
        ).rowcount
    )


def remove(connection: psycopg.Connection, advertiser: str, upload: UUID) -> None:
    """Forget that it was sent. What it reached is in other tables."""
    connection.execute("DELETE FROM advertising.incoming WHERE advertiser = %s AND upload = %s", [advertiser, upload])


def end_use(connection: psycopg.Connection, advertiser: str, number: int, now: datetime) -> None:
    """What that use reached is in its audience no more; that it was used stays known."""
    connection.execute(
        "UPDATE advertising.uploads u SET valid_until = least(u.valid_until, %s) FROM advertising.uses n"
        " WHERE n.advertiser = %s AND n.number = %s AND u.advertiser = n.advertiser AND u.upload = n.upload",
        [now, advertiser, number],
    )
