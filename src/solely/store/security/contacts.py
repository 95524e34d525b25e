"""Sealed contacts as the security role reads them, and the codes that were sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from solely.purpose import Kind

__all__ = ["SealedRow", "Standing", "sealed", "sent_until", "standing", "take_send"]


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A contact under seal whose giving stands."""

    purpose: str
    kind: Kind
    key_number: int
    box: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A giving that stands: what it is of, nothing of what was given."""

    giving: UUID
    kind: Kind


_STANDS = (
    "(c.expires_at IS NULL OR c.expires_at > %(now)s) AND NOT EXISTS (SELECT FROM security.endings e"
    " WHERE e.pseudonym = c.pseudonym AND e.giving = c.giving AND e.ended_at <= %(now)s)"
)


def sealed(connection: psycopg.Connection, pseudonym: UUID, giving: UUID, now: datetime) -> SealedRow | None:
    """The sealed contact of a giving; None where the giving does not stand."""
    with connection.cursor(row_factory=class_row(SealedRow)) as cursor:
        return cursor.execute(
            "SELECT c.purpose, c.kind, c.key_number, c.box, w.wrapped FROM security.contacts c"
            " JOIN security.wrapped_keys w USING (pseudonym, giving)"
            f" WHERE c.pseudonym = %(pseudonym)s AND c.giving = %(giving)s AND {_STANDS}",
            {"pseudonym": pseudonym, "giving": giving, "now": now},
        ).fetchone()


def standing(connection: psycopg.Connection, pseudonym: UUID, purpose: str, now: datetime) -> list[Standing]:
    """The person's givings for a purpose that stand."""
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(
            "SELECT c.giving, c.kind FROM security.contacts c"
            f" WHERE c.pseudonym = %(pseudonym)s AND c.purpose = %(purpose)s AND {_STANDS} ORDER BY c.giving",
            {"pseudonym": pseudonym, "purpose": purpose, "now": now},
        ).fetchall()


def take_send(
    connection: psycopg.Connection,
    pseudonym: UUID,
    challenge: UUID,
    factor: UUID,
    *,
    waits: Sequence[timedelta],
    life: timedelta,
    now: datetime,
) -> datetime | None:
    """Note one sending of a challenge's code; returns when that code ends, None where it is too soon or too often.

    `waits`: what is waited after the first sending, the second, …; after the last there is none. The code's life is
    counted from its first sending: a resend is the same code and lengthens nothing.
    """
    row = connection.execute(
        "INSERT INTO security.codes AS c (pseudonym, challenge, factor, sends, sent_at, expires_at)"
        " VALUES (%(pseudonym)s, %(challenge)s, %(factor)s, 1, %(now)s, %(now)s + %(life)s)"
        " ON CONFLICT (pseudonym, challenge, factor) DO UPDATE SET sends = c.sends + 1, sent_at = %(now)s"
        " WHERE c.sends <= %(most)s AND c.sent_at + (%(waits)s::interval[])[c.sends] <= %(now)s"
        " AND c.expires_at > %(now)s RETURNING expires_at",
        {
            "pseudonym": pseudonym,
            "challenge": challenge,
            "factor": factor,
            "waits": list(waits),
            "most": len(waits),
            "life": life,
            "now": now,
        },
    ).fetchone()
    return row[0] if row else None


def sent_until(
    connection: psycopg.Connection, pseudonym: UUID, challenge: UUID, factor: UUID
) -> tuple[int, datetime, datetime] | None:
    """How often a challenge's code was sent, when last, and when it ends; None where none was sent."""
    return connection.execute(
        "SELECT sends, sent_at, expires_at FROM security.codes WHERE pseudonym = %s AND challenge = %s AND factor = %s",
        [pseudonym, challenge, factor],
    ).fetchone()
