"""Passwords by their hashes, with the count of wrong ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from solely.store.rotation import expect_keys

__all__ = ["PasswordRow", "by_pepper", "fail", "of", "put", "right"]


@dataclass(frozen=True, slots=True)
class PasswordRow:
    """A password's hash, under which pepper, and how often in a row it was missed."""

    hash: str = field(repr=False)
    pepper: int
    failures: int


def of(connection: psycopg.Connection, pseudonym: UUID) -> PasswordRow | None:
    """The person's password, if they have one."""
    with connection.cursor(row_factory=class_row(PasswordRow)) as cursor:
        return cursor.execute(
            "SELECT hash, pepper, failures FROM security.passwords WHERE pseudonym = %s", [pseudonym]
        ).fetchone()


def by_pepper(connection: psycopg.Connection) -> dict[int, int]:
    """How many passwords are under each pepper."""
    return dict(connection.execute("SELECT pepper, count(*) FROM security.passwords GROUP BY 1").fetchall())


def put(connection: psycopg.Connection, pseudonym: UUID, hashed: str, pepper: int, now: datetime) -> None:
    """Set the password; its count begins anew. In the transaction that writes it down, as `expect_keys`."""
    expect_keys(connection, "security", "passwords", "pepper", [pepper])
    connection.execute(
        "INSERT INTO security.passwords (pseudonym, hash, pepper, set_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (pseudonym) DO UPDATE SET hash = excluded.hash, pepper = excluded.pepper,"
        " set_at = excluded.set_at, failures = 0",
        [pseudonym, hashed, pepper, now],
    )


def fail(connection: psycopg.Connection, pseudonym: UUID) -> None:
    """Count a wrong one."""
    connection.execute("UPDATE security.passwords SET failures = failures + 1 WHERE pseudonym = %s", [pseudonym])


def right(connection: psycopg.Connection, pseudonym: UUID, most: int) -> bool:
    """End the count after a right one. False where it was missed too often meanwhile."""
    found = connection.execute(
        "UPDATE security.passwords SET failures = 0 WHERE pseudonym = %s AND failures < %s", [pseudonym, most]
    )
    return found.rowcount == 1
