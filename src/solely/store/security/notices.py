"""Changes of a person's factors, the notices of them still to be sent, and officers' resets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.rows import class_row

__all__ = [
    "Due",
    "add_change",
    "add_notice",
    "approve",
    "ask_reset",
    "change",
    "claim",
    "due",
    "repudiate",
    "sent",
]


@dataclass(frozen=True, slots=True)
class Due:
    """A notice to be sent: of which change, through which giving."""

    pseudonym: UUID
    message: UUID
    change: UUID
    giving: UUID
    what: str
    kind: str
    factor: UUID | None
    tries: int


def add_change(
    connection: psycopg.Connection, pseudonym: UUID, new: UUID, what: str, kind: str, factor: UUID | None, now: datetime
) -> None:
    """Record a change of factors."""
    connection.execute(
        "INSERT INTO security.changes (pseudonym, change, what, kind, factor, changed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [pseudonym, new, what, kind, factor, now],
    )


def change(
    connection: psycopg.Connection, one: UUID
) -> tuple[UUID, str, UUID | None, datetime, datetime | None] | None:
    """A change by its id: whose, what, which factor, when, and when it was repudiated."""
    return connection.execute(
        "SELECT pseudonym, what, factor, changed_at, repudiated_at FROM security.changes WHERE change = %s", [one]
    ).fetchone()


def repudiate(connection: psycopg.Connection, pseudonym: UUID, one: UUID, now: datetime) -> bool:
    """Mark a change as repudiated. False where it was before."""
    found = connection.execute(
        "UPDATE security.changes SET repudiated_at = %s WHERE pseudonym = %s AND change = %s AND repudiated_at IS NULL",
        [now, pseudonym, one],
    )
    return found.rowcount == 1


def add_notice(
    connection: psycopg.Connection, pseudonym: UUID, message: UUID, of: UUID, giving: UUID, now: datetime
) -> None:
    """Put a notice of a change into the outbox."""
    connection.execute(
        "INSERT INTO security.outbox (pseudonym, message, change, giving, created_at, next_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [pseudonym, message, of, giving, now, now],
    )


def due(connection: psycopg.Connection, pseudonym: UUID | None, most: int, now: datetime) -> list[Due]:
    """Notices that are due, oldest first: all people's, or one person's."""
    with connection.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(
            "SELECT o.pseudonym, o.message, o.change, o.giving, c.what, c.kind, c.factor, o.tries"
            " FROM security.outbox o JOIN security.changes c USING (pseudonym, change)"
            " WHERE o.sent_at IS NULL AND o.next_at <= %(now)s AND o.tries < %(most)s"
            " AND (%(pseudonym)s::uuid IS NULL OR o.pseudonym = %(pseudonym)s) ORDER BY o.created_at, o.message",
            {"now": now, "most": most, "pseudonym": pseudonym},
        ).fetchall()


def claim(connection: psycopg.Connection, one: Due, wait: timedelta, now: datetime) -> bool:
    """Take a notice to send it now; nobody else does until `wait` is over. False where another has it."""
    found = connection.execute(
        "UPDATE security.outbox SET tries = tries + 1, next_at = %s"
        " WHERE pseudonym = %s AND message = %s AND tries = %s AND sent_at IS NULL",
        [now + wait, one.pseudonym, one.message, one.tries],
    )
    return found.rowcount == 1


def sent(connection: psycopg.Connection, one: Due, now: datetime) -> None:
    """Note that a notice was handed over."""
    connection.execute(
        "UPDATE security.outbox SET sent_at = %s WHERE pseudonym = %s AND message = %s",
        [now, one.pseudonym, one.message],
    )


def ask_reset(connection: psycopg.Connection, pseudonym: UUID, reset: UUID, officer: str, now: datetime) -> None:
    """Note that an officer asks for a reset."""
    connection.execute(
        "INSERT INTO security.resets (pseudonym, reset, asked_by, asked_at) VALUES (%s, %s, %s, %s)",
        [pseudonym, reset, officer, now],
    )


def approve(
    connection: psycopg.Connection, pseudonym: UUID, reset: UUID, officer: str, since: datetime, now: datetime
) -> bool:
    """Note that another officer approves a reset asked for after `since`. False where none waits for this officer."""
    found = connection.execute(
        "UPDATE security.resets SET approved_by = %(officer)s, approved_at = %(now)s WHERE pseudonym = %(pseudonym)s"
        " AND reset = %(reset)s AND approved_by IS NULL AND asked_by <> %(officer)s AND asked_at > %(since)s",
        {"officer": officer, "now": now, "pseudonym": pseudonym, "reset": reset, "since": since},
    )
    return found.rowcount == 1
