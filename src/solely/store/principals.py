"""A compartment's principals, their keys and a partner's agreements: read and written by its own role alone.

Each change is one conditional statement, in the caller's transaction: whether it changed anything is the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from solely.principal import Agreement, Home, Kind

__all__ = [
    "KeyRow",
    "Known",
    "PrincipalRow",
    "add",
    "add_key",
    "agree",
    "agreements",
    "by_digest",
    "by_key",
    "disagree",
    "end",
    "every",
    "keys",
    "narrow",
    "one",
    "retire",
    "revoke_key",
    "standing",
    "used",
]

_SKEW = timedelta(minutes=1)  # by which the clocks of two machines may differ


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """A principal as it stands."""

    name: str
    kind: Kind
    acts: list[str]
    purposes: list[str] | None
    added_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One of its keys; it is over from `expires_at` on, or once it is revoked."""

    key: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_on: date | None

    def stands(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a key that stands belongs to."""

    key: UUID
    name: str
    kind: Kind
    acts: list[str]
    purposes: list[str] | None
    used_on: date | None


def _in(home: Home, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(home=sql.Identifier(home))


_KNOWN = (
    "SELECT k.key, k.name, p.kind, p.acts, p.purposes, k.used_on FROM {home}.api_keys k"
    " JOIN {home}.principals p USING (name) WHERE {what} = %(value)s AND k.revoked_at IS NULL AND p.ended_at IS NULL"
    " AND k.expires_at > %(now)s AND k.created_at <= %(skewed)s"
)


def by_digest(connection: psycopg.Connection, home: Home, digest: bytes, now: datetime) -> Known | None:
    """Whose key this is; None where it does not stand, or nobody has it."""
    return _known(connection, home, sql.SQL("k.digest"), digest, now)


def by_key(connection: psycopg.Connection, home: Home, key: UUID, now: datetime) -> Known | None:
    """Whose key has that id; None where it does not stand."""
    return _known(connection, home, sql.SQL("k.key"), key, now)


def _known(
    connection: psycopg.Connection, home: Home, what: sql.SQL, value: bytes | UUID, now: datetime
) -> Known | None:
    statement = sql.SQL(_KNOWN).format(home=sql.Identifier(home), what=what)
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(statement, {"value": value, "now": now, "skewed": now + _SKEW}).fetchone()


def used(connection: psycopg.Connection, home: Home, key: UUID, today: date) -> None:
    """Note the day a key was used on."""
    connection.execute(
        _in(home, "UPDATE {home}.api_keys SET used_on = %s WHERE key = %s AND used_on IS DISTINCT FROM %s"),
        [today, key, today],
    )


def add(connection: psycopg.Connection, home: Home, row: PrincipalRow) -> bool:
    """Add a principal, or one of that kind again that had ended. False where that name stands, or is another kind's."""
    found = connection.execute(
        _in(
            home,
            "INSERT INTO {home}.principals AS p (name, kind, acts, purposes, added_at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET acts = excluded.acts, purposes = excluded.purposes,"
            " added_at = excluded.added_at, ended_at = NULL WHERE p.ended_at IS NOT NULL AND p.kind = excluded.kind",
        ),
        [row.name, row.kind, row.acts, row.purposes, row.added_at],
    )
    return found.rowcount == 1


def narrow(
    connection: psycopg.Connection,
    home: Home,
    name: str,
    acts: Collection[str] | None,
    purposes: Collection[str] | None,
) -> bool:
    """Take acts or purposes away; None leaves them. False where that would add one, or it does not stand."""
    found = connection.execute(
        _in(
            home,
            "UPDATE {home}.principals SET acts = coalesce(%(acts)s, acts), purposes = coalesce(%(purposes)s, purposes)"
            " WHERE name = %(name)s AND ended_at IS NULL AND (%(acts)s::text[] IS NULL OR acts @> %(acts)s)"
            " AND (%(purposes)s::text[] IS NULL OR purposes IS NULL OR purposes @> %(purposes)s)",
        ),
        {
            "name": name,
            "acts": None if acts is None else sorted(acts),
            "purposes": None if purposes is None else sorted(purposes),
        },
    )
    return found.rowcount == 1


def end(connection: psycopg.Connection, home: Home, name: str, now: datetime) -> bool:
    """End a principal and all its keys. False where it does not stand."""
    found = connection.execute(  # before the keys: who adds one at this moment holds this row
        _in(home, "UPDATE {home}.principals SET ended_at = %s WHERE name = %s AND ended_at IS NULL"), [now, name]
    )
    connection.execute(
        _in(home, "UPDATE {home}.api_keys SET revoked_at = %s WHERE name = %s AND revoked_at IS NULL"), [now, name]
    )
    return found.rowcount == 1


def add_key(connection: psycopg.Connection, home: Home, name: str, row: KeyRow, digest: bytes) -> bool:
    """Give a principal a key. False where it does not stand."""
    found = connection.execute(
        _in(
            home,
            "INSERT INTO {home}.api_keys (key, name, digest, created_at, expires_at)"
            " SELECT %s, name, %s, %s, %s FROM {home}.principals WHERE name = %s AND ended_at IS NULL FOR UPDATE",
        ),
        [row.key, digest, row.created_at, row.expires_at, name],
    )
    return found.rowcount == 1


def retire(connection: psycopg.Connection, home: Home, name: str, until: datetime) -> int:
    """Let the keys of a principal end by then; returns how many would have lived longer."""
    return connection.execute(
        _in(
            home,
            "UPDATE {home}.api_keys SET expires_at = %s WHERE name = %s AND revoked_at IS NULL AND expires_at > %s",
        ),
        [until, name, until],
    ).rowcount


def revoke_key(connection: psycopg.Connection, home: Home, name: str, key: UUID, now: datetime) -> bool:
    """Revoke one key, at once. False where it is none of theirs, or was revoked."""
    found = connection.execute(
        _in(home, "UPDATE {home}.api_keys SET revoked_at = %s WHERE key = %s AND name = %s AND revoked_at IS NULL"),
        [now, key, name],
    )
    return found.rowcount == 1


def one(connection: psycopg.Connection, home: Home, name: str, *, hold: bool = False) -> PrincipalRow | None:
    """A principal by its name; None where nobody has it. `hold`: nobody else changes it before the transaction ends."""
    with connection.cursor(row_factory=class_row(PrincipalRow)) as cursor:
        statement = "SELECT name, kind, acts, purposes, added_at, ended_at FROM {home}.principals WHERE name = %s"
        return cursor.execute(_in(home, statement + (" FOR UPDATE" if hold else "")), [name]).fetchone()


def every(connection: psycopg.Connection, home: Home, after: str = "", most: int | None = None) -> list[PrincipalRow]:
    """The principals after that name, in the order of their names, those that ended too; all, or so many."""
    with connection.cursor(row_factory=class_row(PrincipalRow)) as cursor:
        statement = (
            "SELECT name, kind, acts, purposes, added_at, ended_at FROM {home}.principals WHERE name > %s"
            " ORDER BY name LIMIT %s"
        )
        return cursor.execute(_in(home, statement), [after, most]).fetchall()


def keys(connection: psycopg.Connection, home: Home, name: str) -> list[KeyRow]:
    """A principal's keys, newest first; never what they are."""
    with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        statement = (
            "SELECT key, created_at, expires_at, revoked_at, used_on FROM {home}.api_keys"
            " WHERE name = %s ORDER BY created_at DESC, key"
        )
        return cursor.execute(_in(home, statement), [name]).fetchall()


def standing(connection: psycopg.Connection, home: Home, kind: Kind, now: datetime) -> set[str]:
    """The principals of a kind who stand and have a key that does."""
    rows = connection.execute(
        _in(
            home,
            "SELECT DISTINCT name FROM {home}.principals JOIN {home}.api_keys USING (name)"
            " WHERE kind = %s AND ended_at IS NULL AND revoked_at IS NULL AND expires_at > %s",
        ),
        [kind, now],
    )
    return {name for (name,) in rows}


def had(connection: psycopg.Connection, home: Home, kind: Kind) -> bool:
    """Whether there is, or ever was, a principal of that kind."""
    row = connection.execute(_in(home, "SELECT EXISTS (SELECT FROM {home}.principals WHERE kind = %s)"), [kind])
    return bool((row.fetchone() or [False])[0])


def agree(connection: psycopg.Connection, partner: str, agreement: Agreement) -> None:
    """Note for how long a partner acts for an advertiser, in place of what was agreed before."""
    connection.execute(
        "INSERT INTO advertising.agreements (partner, advertiser, begins, ends) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (partner, advertiser) DO UPDATE SET begins = excluded.begins, ends = excluded.ends",
        [partner, agreement.advertiser, agreement.begins, agreement.ends],
    )


def disagree(connection: psycopg.Connection, partner: str, advertiser: str, now: datetime) -> bool:
    """End an agreement, at once. False where none stands or is to come."""
    found = connection.execute(
        "UPDATE advertising.agreements SET ends = %(now)s WHERE partner = %(partner)s AND advertiser = %(advertiser)s"
        " AND (ends IS NULL OR ends > %(now)s)",
        {"partner": partner, "advertiser": advertiser, "now": now},
    )
    return found.rowcount == 1


def agreements(connection: psycopg.Connection, partner: str) -> list[Agreement]:
    """A partner's agreements, in the order of their advertisers."""
    rows = connection.execute(
        "SELECT advertiser, begins, ends FROM advertising.agreements WHERE partner = %s ORDER BY advertiser", [partner]
    )
    return [Agreement(*row) for row in rows]
