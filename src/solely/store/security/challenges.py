"""Challenges and their answers: what may happen once happens by one conditional statement, or not at all.

- A challenge stands under its person's pseudonym; before the person is known, under its own id (`home`).
- A right answer spends the challenge and ends the factor's count; a wrong one moves both counts. Either holds for
  both rows or, in a transaction that rolls back, for neither; the conditions are the same, so that what comes too
  often is refused whether it was right or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from solely.store.security.factors import Kind, State

__all__ = [
    "Asked",
    "Method",
    "Shown",
    "add",
    "cancel",
    "evidence",
    "fail",
    "find",
    "forget",
    "passed",
    "read",
    "secret",
    "show",
    "spend",
    "void",
]

# How a recovery is shown: a saved code, a code issued to a recovery address, or a factor that is left.
Method = Literal["saved", "issued", "factor"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge, and the factor that answers it."""

    challenge: UUID
    act: str
    purpose: str
    only: UUID | None
    after_password: bool
    asked: bytes = field(repr=False)
    expires_at: datetime
    wrong: int
    standing: str
    factor: UUID
    kind: Kind
    state: State
    factor_purpose: str
    giving: UUID | None
    fingerprint: bytes | None = field(repr=False)
    secret: bytes | None = field(repr=False)
    key_number: int | None
    settings: str | None
    last_step: int
    wait_until: datetime | None
    activated_at: datetime | None
    used_at: datetime | None
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a right answer showed, for the statements that make it count once.

    `step`: a TOTP's, later than any before. `sign_count`, `backed_up`: a passkey's. `digest`: a recovery code's.
    """

    step: int | None = None
    sign_count: int | None = None
    backed_up: bool = False
    digest: bytes | None = None


_READ = (
    "SELECT c.challenge, c.act, c.purpose, c.factor AS only, c.after_password, c.secret AS asked, c.expires_at,"
    " c.failures AS wrong, c.state AS standing, f.factor, f.kind, f.state, f.purpose AS factor_purpose, f.giving,"
    " f.fingerprint, f.secret, f.key_number, f.settings, f.last_step, f.wait_until, f.activated_at, f.used_at, f.name"
    " FROM security.challenges c, security.factors f"
    " WHERE c.pseudonym = %s AND c.challenge = %s AND f.pseudonym = %s AND f.factor = %s"
)
_FACTOR_MAY = (
    "pseudonym = %(pseudonym)s AND factor = %(factor)s AND state = %(old)s"
    " AND (wait_until IS NULL OR wait_until <= %(now)s)"
)
_CHALLENGE_MAY = (
    "pseudonym = %(home)s AND challenge = %(challenge)s AND state = 'open' AND expires_at > %(now)s"
    " AND failures < %(most)s AND (factor IS NULL OR factor = %(factor)s)"
)
_SPEND_FACTOR = (
    "UPDATE security.factors SET failures = 0, wait_until = NULL, used_at = %(now)s, state = %(new)s,"
    " last_step = greatest(last_step, %(step)s), activated_at = coalesce(activated_at, %(now)s)"
    f" WHERE {_FACTOR_MAY} AND (%(step)s::bigint IS NULL OR last_step < %(step)s) RETURNING true"
)
_SPEND_CHALLENGE = (
    "UPDATE security.challenges SET state = CASE WHEN %(whole)s THEN 'passed' ELSE state END, passed_at = %(now)s,"
    f" passed_by = %(factor)s, assurance = %(assurance)s WHERE {_CHALLENGE_MAY} RETURNING true"
)
_SPEND = f"WITH f AS ({_SPEND_FACTOR}), c AS ({_SPEND_CHALLENGE}) SELECT EXISTS (TABLE f) AND EXISTS (TABLE c)"
_FAIL_FACTOR = (
    "UPDATE security.factors SET failures = failures + 1,"
    " wait_until = %(now)s + (%(waits)s::interval[])[least(failures + 1, %(last)s)],"
    " state = CASE WHEN failures + 1 >= %(last)s THEN 'disabled' ELSE state END"
    f" WHERE {_FACTOR_MAY} RETURNING state"
)
_FAIL_CHALLENGE = f"UPDATE security.challenges SET failures = failures + 1 WHERE {_CHALLENGE_MAY} RETURNING true"
_FAIL = f"WITH f AS ({_FAIL_FACTOR}), c AS ({_FAIL_CHALLENGE}) SELECT (TABLE f), EXISTS (TABLE c)"


def add(  # noqa: PLR0913 - a row's columns
    connection: psycopg.Connection,
    home: UUID,
    challenge: UUID,
    *,
    act: str,
    purpose: str,
    only: UUID | None,
    after_password: bool,
    secret: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Open a challenge; `only` is the one factor that may answer, None where any may."""
    connection.execute(
        "INSERT INTO security.challenges"
        " (pseudonym, challenge, act, purpose, factor, after_password, secret, created_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [home, challenge, act, purpose, only, after_password, secret, now, expires_at],
    )


def read(connection: psycopg.Connection, home: UUID, challenge: UUID, pseudonym: UUID, factor: UUID) -> Asked | None:
    """A challenge with the factor that is to answer it; None where one of them is not there."""
    with connection.cursor(row_factory=class_row(Asked)) as cursor:
        return cursor.execute(_READ, [home, challenge, pseudonym, factor]).fetchone()


def find(connection: psycopg.Connection, home: UUID, challenge: UUID) -> tuple[str, str, datetime, UUID | None] | None:
    """A challenge's state, act, when it ends, and the one factor that may answer it."""
    return connection.execute(
        "SELECT state, act, expires_at, factor FROM security.challenges WHERE pseudonym = %s AND challenge = %s",
        [home, challenge],
    ).fetchone()


def secret(connection: psycopg.Connection, home: UUID, challenge: UUID) -> bytes:
    """The challenge a passkey signs, 32 bytes."""
    (found,) = connection.execute(
        "SELECT secret FROM security.challenges WHERE pseudonym = %s AND challenge = %s", [home, challenge]
    ).fetchone() or (b"",)
    return bytes(found)


def spend(  # noqa: PLR0913 - what the statement's conditions name
    connection: psycopg.Connection,
    home: UUID,
    pseudonym: UUID,
    asked: Asked,
    shown: Shown,
    *,
    new: State,
    most: int,
    whole: bool,
    assurance: str,
    now: datetime,
) -> bool:
    """Make a right answer count, in the open transaction; where False is returned it must be rolled back.

    `new` is the factor's state from now on; `whole` says that the challenge is passed by it.
    """
    words = {
        "home": home,
        "pseudonym": pseudonym,
        "challenge": asked.challenge,
        "factor": asked.factor,
        "old": asked.state,
        "new": new,
        "step": shown.step,
        "most": most,
        "whole": whole,
        "assurance": assurance,
        "now": now,
    }
    row = connection.execute(_SPEND, words).fetchone()
    return bool(row and row[0]) and _spend_kind(connection, pseudonym, asked.factor, shown, now)


def _spend_kind(connection: psycopg.Connection, pseudonym: UUID, factor: UUID, shown: Shown, now: datetime) -> bool:
    if shown.digest is not None:
        found = connection.execute(
            "UPDATE security.recovery_codes SET used_at = %s"
            " WHERE pseudonym = %s AND factor = %s AND digest = %s AND used_at IS NULL",
            [now, pseudonym, factor, shown.digest],
        )
        return found.rowcount == 1
    if shown.sign_count is not None:
        found = connection.execute(  # WebAuthn level 3 §7.2 step 22: it grows, or it is not kept at all
            "UPDATE security.passkeys SET sign_count = %(count)s, backed_up = %(backed_up)s WHERE"
            " pseudonym = %(pseudonym)s AND factor = %(factor)s"
            " AND (sign_count < %(count)s OR (sign_count = 0 AND %(count)s = 0))",
            {
                "count": shown.sign_count,
                "backed_up": shown.backed_up,
                "pseudonym": pseudonym,
                "factor": factor,
            },
        )
        return found.rowcount == 1
    return True


def fail(
    connection: psycopg.Connection,
    home: UUID,
    pseudonym: UUID,
    asked: Asked,
    *,
    waits: Sequence[timedelta],
    most: int,
    now: datetime,
) -> State | None:
    """Count a wrong answer, in the open transaction; returns the factor's state from now on.

    None where it may not be tried now: nothing was counted, and the transaction must be rolled back.
    """
    words = {
        "home": home,
        "pseudonym": pseudonym,
        "challenge": asked.challenge,
        "factor": asked.factor,
        "old": asked.state,
        "waits": list(waits),
        "last": len(waits),
        "most": most,
        "now": now,
    }
    state, counted = connection.execute(_FAIL, words).fetchone() or (None, False)
    return state if counted else None


def cancel(connection: psycopg.Connection, home: UUID, challenge: UUID) -> bool:
    """Cancel an open challenge. False where it is not open."""
    found = connection.execute(
        "UPDATE security.challenges SET state = 'cancelled' WHERE pseudonym = %s AND challenge = %s AND state = 'open'",
        [home, challenge],
    )
    return found.rowcount == 1


def passed(
    connection: psycopg.Connection, pseudonym: UUID, challenge: UUID
) -> tuple[str, datetime, UUID | None, str] | None:
    """A passed challenge: act, when, by which factor, its assurance. None where it was not passed, or was voided."""
    return connection.execute(
        "SELECT act, passed_at, passed_by, assurance FROM security.challenges"
        " WHERE pseudonym = %s AND challenge = %s AND state = 'passed'",
        [pseudonym, challenge],
    ).fetchone()


def void(connection: psycopg.Connection, pseudonym: UUID, factor: UUID | None = None) -> None:
    """Void what a person's challenges proved, and those still open: all, or those of one factor."""
    connection.execute(
        "UPDATE security.challenges SET state = 'cancelled' WHERE pseudonym = %(pseudonym)s"
        " AND state IN ('open', 'passed')"
        " AND (%(factor)s::uuid IS NULL OR factor = %(factor)s OR passed_by = %(factor)s)",
        {"pseudonym": pseudonym, "factor": factor},
    )


def show(
    connection: psycopg.Connection, pseudonym: UUID, challenge: UUID, method: Method, factor: UUID, now: datetime
) -> None:
    """Note what a recovery has shown; each method counts once."""
    connection.execute(
        "INSERT INTO security.evidence (pseudonym, challenge, method, factor, shown_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [pseudonym, challenge, method, factor, now],
    )


def evidence(connection: psycopg.Connection, pseudonym: UUID, challenge: UUID) -> dict[Method, UUID]:
    """What a recovery has shown so far: by method, the factor that showed it."""
    rows = connection.execute(
        "SELECT method, factor FROM security.evidence WHERE pseudonym = %s AND challenge = %s", [pseudonym, challenge]
    )
    return dict(rows.fetchall())


def forget(connection: psycopg.Connection, before: datetime) -> int:
    """Delete challenges that ended before a time, and what belongs to them; returns how many."""
    for table in ("codes", "evidence"):
        connection.execute(
            f"DELETE FROM security.{table} t USING security.challenges c WHERE t.pseudonym = c.pseudonym"
            " AND t.challenge = c.challenge AND c.expires_at <= %s",
            [before],
        )
    return connection.execute("DELETE FROM security.challenges WHERE expires_at <= %s", [before]).rowcount
