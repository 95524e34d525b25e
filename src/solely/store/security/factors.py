"""People's factors: rows read and written by the security role; which change follows which is not decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from solely.errors import Conflict
from solely.store.rotation import expect_keys

__all__ = [
    "FactorRow",
    "Kind",
    "PasskeyRow",
    "State",
    "add",
    "add_codes",
    "add_passkey",
    "bind",
    "bump",
    "codes_left",
    "fingerprint",
    "language",
    "move",
    "of",
    "passkeys",
    "rename",
    "set_language",
    "version",
    "wipe",
]

Kind = Literal["passkey", "totp", "sms", "email", "recovery-codes"]
State = Literal["pending", "active", "disabled", "removed"]


@dataclass(frozen=True, slots=True)
class FactorRow:
    """A factor as stored. `secret` is sealed; `fingerprint` is its contact's keyed form, once it was opened."""

    factor: UUID
    kind: Kind
    name: str = field(repr=False)
    state: State
    purpose: str
    created_at: datetime
    giving: UUID | None = None
    fingerprint: bytes | None = field(default=None, repr=False)
    secret: bytes | None = field(default=None, repr=False)
    key_number: int | None = None
    settings: str | None = None
    last_step: int = -1
    failures: int = 0
    wait_until: datetime | None = None
    activated_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """What is stored of a passkey; none of it is secret."""

    factor: UUID
    credential: bytes
    public_key: bytes
    sign_count: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    transports: list[str]
    aaguid: UUID


_FACTOR = (
    "factor, kind, name, state, purpose, created_at, giving, fingerprint, secret, key_number, settings, last_step,"
    " failures, wait_until, activated_at, used_at"
)
_PASSKEY = "factor, credential, public_key, sign_count, user_verified, backup_eligible, backed_up, transports, aaguid"


def of(connection: psycopg.Connection, pseudonym: UUID) -> list[FactorRow]:
    """All factors of a person but the removed ones, oldest first."""
    with connection.cursor(row_factory=class_row(FactorRow)) as cursor:
        return cursor.execute(
            f"SELECT {_FACTOR} FROM security.factors WHERE pseudonym = %s AND state <> 'removed'"
            " ORDER BY created_at, factor",
            [pseudonym],
        ).fetchall()


def add(connection: psycopg.Connection, pseudonym: UUID, row: FactorRow) -> None:
    """Add a factor. The person's row is made with their first one."""
    _expect_key(connection, row)
    connection.execute("INSERT INTO security.people (pseudonym) VALUES (%s) ON CONFLICT DO NOTHING", [pseudonym])
    connection.execute(
        "INSERT INTO security.factors"
        " (pseudonym, factor, kind, name, state, purpose, created_at, giving, secret, key_number, settings)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            pseudonym,
            row.factor,
            row.kind,
            row.name,
            row.state,
            row.purpose,
            row.created_at,
            row.giving,
            row.secret,
            row.key_number,
            row.settings,
        ],
    )


def bind(connection: psycopg.Connection, pseudonym: UUID, row: FactorRow) -> bool:
    """Bind a disabled factor again: a secret of its own, its count begun anew. False where it is not disabled."""
    _expect_key(connection, row)
    found = connection.execute(
        "UPDATE security.factors SET state = 'pending', secret = %s, key_number = %s, settings = %s, giving = %s,"
        " fingerprint = NULL, last_step = -1, failures = 0, wait_until = NULL, created_at = %s, activated_at = NULL"
        " WHERE pseudonym = %s AND factor = %s AND state = 'disabled'",
        [row.secret, row.key_number, row.settings, row.giving, row.created_at, pseudonym, row.factor],
    )
    if found.rowcount == 1:
        _forget_credentials(connection, pseudonym, row.factor)
    return found.rowcount == 1


def _expect_key(connection: psycopg.Connection, row: FactorRow) -> None:
    """A secret is sealed under the key of two-factor, whatever its factor is for."""
    if row.key_number is not None:
        expect_keys(connection, "security", "two-factor", "seal", [row.key_number])


def move(connection: psycopg.Connection, pseudonym: UUID, factor: UUID, old: State, new: State) -> bool:
    """Change a factor's state. False where it is not in `old` (any more)."""
    found = connection.execute(
        "UPDATE security.factors SET state = %s WHERE pseudonym = %s AND factor = %s AND state = %s",
        [new, pseudonym, factor, old],
    )
    return found.rowcount == 1


def wipe(connection: psycopg.Connection, pseudonym: UUID, factor: UUID) -> None:
    """Of a removed factor nothing stays but that it was there."""
    found = connection.execute(
        "UPDATE security.factors SET secret = NULL, key_number = NULL, settings = NULL, giving = NULL,"
        " fingerprint = NULL, name = '' WHERE pseudonym = %s AND factor = %s AND state = 'removed'",
        [pseudonym, factor],
    )
    if found.rowcount == 1:
        _forget_credentials(connection, pseudonym, factor)


def _forget_credentials(connection: psycopg.Connection, pseudonym: UUID, factor: UUID) -> None:
    connection.execute(
        "DELETE FROM security.credentials c USING security.passkeys p"
        " WHERE p.pseudonym = %s AND p.factor = %s AND c.credential = p.credential AND c.pseudonym = p.pseudonym",
        [pseudonym, factor],
    )
    for table in ("passkeys", "recovery_codes"):
        connection.execute(f"DELETE FROM security.{table} WHERE pseudonym = %s AND factor = %s", [pseudonym, factor])


def rename(connection: psycopg.Connection, pseudonym: UUID, factor: UUID, name: str) -> bool:
    """Give a factor another name. False where there is none."""
    found = connection.execute(
        "UPDATE security.factors SET name = %s WHERE pseudonym = %s AND factor = %s AND state <> 'removed'",
        [name, pseudonym, factor],
    )
    return found.rowcount == 1


def fingerprint(connection: psycopg.Connection, pseudonym: UUID, factor: UUID, value: bytes) -> None:
    """Keep the keyed form of a factor's contact, by which wrong codes are counted across accounts."""
    connection.execute(
        "UPDATE security.factors SET fingerprint = %s WHERE pseudonym = %s AND factor = %s", [value, pseudonym, factor]
    )


def passkeys(connection: psycopg.Connection, pseudonym: UUID) -> list[PasskeyRow]:
    """The person's passkeys, those of disabled factors too."""
    with connection.cursor(row_factory=class_row(PasskeyRow)) as cursor:
        return cursor.execute(f"SELECT {_PASSKEY} FROM security.passkeys WHERE pseudonym = %s", [pseudonym]).fetchall()


def add_passkey(connection: psycopg.Connection, pseudonym: UUID, row: PasskeyRow) -> None:
    """Add a passkey. Raises Conflict where its credential is registered already (WebAuthn level 3 §7.1 step 26)."""
    try:
        connection.execute("INSERT INTO security.credentials VALUES (%s, %s)", [row.credential, pseudonym])
    except UniqueViolation:
        raise Conflict("this passkey is registered already", cure="use another, or remove it there first") from None
    connection.execute(
        f"INSERT INTO security.passkeys (pseudonym, {_PASSKEY}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            pseudonym,
            row.factor,
            row.credential,
            row.public_key,
            row.sign_count,
            row.user_verified,
            row.backup_eligible,
            row.backed_up,
            row.transports,
            row.aaguid,
        ],
    )


def add_codes(connection: psycopg.Connection, pseudonym: UUID, factor: UUID, digests: Sequence[bytes]) -> None:
    """Store recovery codes by their keyed digests."""
    connection.execute(
        "INSERT INTO security.recovery_codes (pseudonym, factor, digest) SELECT %s, %s, unnest(%s::bytea[])",
        [pseudonym, factor, list(digests)],
    )


def codes_left(connection: psycopg.Connection, pseudonym: UUID, factor: UUID) -> int:
    """How many recovery codes were not used."""
    (count,) = connection.execute(
        "SELECT count(*) FROM security.recovery_codes WHERE pseudonym = %s AND factor = %s AND used_at IS NULL",
        [pseudonym, factor],
    ).fetchone() or (0,)
    return int(count)


def bump(connection: psycopg.Connection, pseudonym: UUID) -> None:
    """The person's factors changed: what rests on the old set is void."""
    connection.execute(
        "INSERT INTO security.people AS p (pseudonym, version) VALUES (%s, 1)"
        " ON CONFLICT (pseudonym) DO UPDATE SET version = p.version + 1",
        [pseudonym],
    )


def version(connection: psycopg.Connection, pseudonym: UUID) -> int:
    """Moves with each change of the person's factors."""
    row = connection.execute("SELECT version FROM security.people WHERE pseudonym = %s", [pseudonym]).fetchone()
    return int(row[0]) if row else 0


def language(connection: psycopg.Connection, pseudonym: UUID) -> str:
    """The language messages to this person are in."""
    row = connection.execute("SELECT language FROM security.people WHERE pseudonym = %s", [pseudonym]).fetchone()
    return str(row[0]) if row else "en"


def set_language(connection: psycopg.Connection, pseudonym: UUID, tag: str) -> None:
    """Set the language messages to this person are in."""
    connection.execute(
        "INSERT INTO security.people (pseudonym, language) VALUES (%s, %s)"
        " ON CONFLICT (pseudonym) DO UPDATE SET language = excluded.language",
        [pseudonym, tag],
    )
