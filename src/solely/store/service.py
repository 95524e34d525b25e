"""Sealed contacts for service notices, as the service role reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from solely.purpose import Kind

__all__ = ["Held", "SealedRow", "held", "sealed"]


@dataclass(frozen=True, slots=True)
class Held:
    """A giving for service notices: what it is of, and whether it stands; nothing of what was given."""

    pseudonym: UUID
    giving: UUID
    kind: Kind
    stands: bool


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A contact under seal whose giving stands."""

    kind: Kind
    key_number: int
    box: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


def held(connection: psycopg.Connection, pseudonyms: Sequence[UUID], purpose: str, now: datetime) -> list[Held]:
    """These people's givings for a purpose, ended ones too; e-mail first, then by id."""
    with connection.cursor(row_factory=class_row(Held)) as cursor:
        return cursor.execute(
            "SELECT c.pseudonym, c.giving, c.kind, (c.expires_at IS NULL OR c.expires_at > %(now)s)"
            " AND NOT EXISTS (SELECT FROM service.endings e WHERE e.pseudonym = c.pseudonym AND e.giving = c.giving"
            " AND e.ended_at <= %(now)s) AS stands FROM service.contacts c"
            " WHERE c.pseudonym = ANY(%(pseudonyms)s) AND c.purpose = %(purpose)s ORDER BY c.kind, c.giving",
            {"pseudonyms": list(pseudonyms), "purpose": purpose, "now": now},
        ).fetchall()


def sealed(
    connection: psycopg.Connection, pseudonym: UUID, giving: UUID, purpose: str, now: datetime
) -> SealedRow | None:
    """The sealed contact of a giving for that purpose; None where the giving does not stand."""
    with connection.cursor(row_factory=class_row(SealedRow)) as cursor:
        return cursor.execute(
            "SELECT c.kind, c.key_number, c.box, w.wrapped FROM service.contacts c"
            " JOIN service.wrapped_keys w USING (pseudonym, giving) WHERE c.pseudonym = %(pseudonym)s"
            " AND c.giving = %(giving)s AND c.purpose = %(purpose)s"
            " AND (c.expires_at IS NULL OR c.expires_at > %(now)s) AND NOT EXISTS (SELECT FROM service.endings e"
            " WHERE e.pseudonym = c.pseudonym AND e.giving = c.giving AND e.ended_at <= %(now)s)",
            {"pseudonym": pseudonym, "giving": giving, "purpose": purpose, "now": now},
        ).fetchone()
