"""Trusted devices: a counter each, moved by one conditional statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

__all__ = ["DeviceRow", "add", "of", "one", "revoke", "rotate"]


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A trusted device; `version` is that of the person's factors when it was trusted."""

    device: UUID
    name: str = field(repr=False)
    counter: int
    version: int
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


_DEVICE = "device, name, counter, version, created_at, rotated_at, expires_at, revoked_at"


def add(
    connection: psycopg.Connection,
    pseudonym: UUID,
    device: UUID,
    *,
    name: str,
    version: int,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Trust a device."""
    connection.execute(
        "INSERT INTO security.devices (pseudonym, device, name, version, created_at, rotated_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [pseudonym, device, name, version, now, now, expires_at],
    )


def one(connection: psycopg.Connection, pseudonym: UUID, device: UUID) -> DeviceRow | None:
    """A device of a person."""
    with connection.cursor(row_factory=class_row(DeviceRow)) as cursor:
        return cursor.execute(
            f"SELECT {_DEVICE} FROM security.devices WHERE pseudonym = %s AND device = %s", [pseudonym, device]
        ).fetchone()


def of(connection: psycopg.Connection, pseudonym: UUID) -> list[DeviceRow]:
    """All devices of a person that were not revoked, oldest first."""
    with connection.cursor(row_factory=class_row(DeviceRow)) as cursor:
        return cursor.execute(
            f"SELECT {_DEVICE} FROM security.devices WHERE pseudonym = %s AND revoked_at IS NULL"
            " ORDER BY created_at, device",
            [pseudonym],
        ).fetchall()


def rotate(connection: psycopg.Connection, pseudonym: UUID, device: UUID, counter: int, now: datetime) -> bool:
    """Move a device's counter on from `counter`. False where it has moved already, or the device was revoked."""
    found = connection.execute(
        "UPDATE security.devices SET counter = counter + 1, rotated_at = %s"
        " WHERE pseudonym = %s AND device = %s AND counter = %s AND revoked_at IS NULL",
        [now, pseudonym, device, counter],
    )
    return found.rowcount == 1


def revoke(connection: psycopg.Connection, pseudonym: UUID, device: UUID | None, now: datetime) -> int:
    """Revoke one device of a person, or all; returns how many were trusted until now."""
    found = connection.execute(
        "UPDATE security.devices SET revoked_at = %(now)s WHERE pseudonym = %(pseudonym)s AND revoked_at IS NULL"
        " AND (%(device)s::uuid IS NULL OR device = %(device)s)",
        {"now": now, "pseudonym": pseudonym, "device": device},
    )
    return found.rowcount
