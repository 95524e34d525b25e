"""Challenges and their answers: what may happen once happens by one conditional statement, or not at all.

- A challenge stands under its person's pseudonym; before the person is known, under its own id (`home`).
- A right answer spends the challenge and ends the factor's count; a wrong one moves both counts. The conditions are
  the same, so that what comes too often is refused whether it was right or not.
- Answers come in batches; a batch is one statement, and one commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from solely.store.security.factors import Kind, PasskeyRow, State

__all__ = [
    "Answering",
    "Asked",
    "Method",
    "Shown",
    "Spending",
    "add",
    "cancel",
    "evidence",
    "fail",
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
    """A challenge, and the factor that answers it; `code_until` is when a code that was sent by it ends.

    `request`, `passed_at` and `assurance` are of the last right answer: under which request it came, where it said.
    """

    challenge: UUID
    act: str
    purpose: str
    only: UUID | None
    after_password: bool
    asked: bytes = field(repr=False)
    expires_at: datetime
    wrong: int
    standing: str
    request: bytes | None = field(repr=False)
    passed_at: datetime | None
    assurance: str | None
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
    code_until: datetime | None
    passkey: PasskeyRow | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a right answer showed, for the statements that make it count once.

    `step`: a TOTP's, later than any before. `sign_count`, `backed_up`: a passkey's. `digest`: a recovery code's.
    """

    step: int | None = None
    sign_count: int | None = None
    backed_up: bool = False
    digest: bytes | None = None


# Answers come in batches, as JSON: one statement for all, and one commit. `ok` has, with their rows locked at their
# newest, those whose conditions hold; what is done is done to all rows of one answer or to none.
_ANSWERS = (
    "json_to_recordset(%(answers)s::json) AS a (n int, home uuid, challenge uuid, pseudonym uuid, factor uuid,"
    " old text, new text, step bigint, sign_count bigint, backed_up boolean, digest text, whole boolean,"
    " assurance text, request text)"
)
_READ = (
    "SELECT a.n, c.challenge, c.act, c.purpose, c.factor AS only, c.after_password, c.secret AS asked, c.expires_at,"
    " c.failures AS wrong, c.state AS standing, c.request, c.passed_at, c.assurance, f.factor, f.kind, f.state,"
    " f.purpose AS factor_purpose, f.giving, f.fingerprint, f.secret, f.key_number, f.settings, f.last_step,"
    " f.wait_until, f.activated_at, f.used_at, k.expires_at AS code_until, p.factor, p.credential, p.public_key,"
    " p.sign_count, p.user_verified, p.backup_eligible, p.backed_up, p.transports, p.aaguid"
    f" FROM {_ANSWERS}"
    " JOIN security.challenges c ON c.pseudonym = a.home AND c.challenge = a.challenge"
    " JOIN security.factors f ON f.pseudonym = a.pseudonym AND f.factor = a.factor"
    " LEFT JOIN security.codes k ON k.pseudonym = a.pseudonym AND k.challenge = a.challenge AND k.factor = a.factor"
    " LEFT JOIN security.passkeys p ON p.pseudonym = a.pseudonym AND p.factor = a.factor"
)
_PASSKEY_FROM = -9  # where the passkey's columns begin
_MAY = (
    " JOIN security.factors f ON f.pseudonym = a.pseudonym AND f.factor = a.factor AND f.state = a.old"
    " AND (f.wait_until IS NULL OR f.wait_until <= %(now)s) AND (a.step IS NULL OR f.last_step < a.step)"
    " JOIN security.challenges c ON c.pseudonym = a.home AND c.challenge = a.challenge AND c.state = 'open'"
    " AND c.expires_at > %(now)s AND c.failures < %(most)s AND (c.factor IS NULL OR c.factor = a.factor)"
)
_IN_ORDER = " ORDER BY a.pseudonym, a.factor, a.challenge FOR UPDATE OF f, c"  # two batches never wait for each other
_OF_FACTOR = " FROM ok WHERE f.pseudonym = ok.pseudonym AND f.factor = ok.factor RETURNING"
_OF_CHALLENGE = " FROM ok WHERE c.pseudonym = ok.home AND c.challenge = ok.challenge"
# What is spent besides, by the kind of factor: how it is joined, and what is done to it.
_SIGNED = (  # WebAuthn level 3 §7.2 step 22: a passkey's count grows, or it is not kept at all
    " JOIN security.passkeys s ON s.pseudonym = a.pseudonym AND s.factor = a.factor"
    " AND (s.sign_count < a.sign_count OR (s.sign_count = 0 AND a.sign_count = 0))"
)
_SIGN = (
    "UPDATE security.passkeys s SET sign_count = ok.sign_count, backed_up = ok.backed_up"
    " FROM ok WHERE s.pseudonym = ok.pseudonym AND s.factor = ok.factor"
)
_SAVED = (
    " JOIN security.recovery_codes s ON s.pseudonym = a.pseudonym AND s.factor = a.factor"
    " AND s.digest = decode(a.digest, 'hex') AND s.used_at IS NULL"
)
_USE = (
    "UPDATE security.recovery_codes s SET used_at = %(now)s FROM ok"
    " WHERE s.pseudonym = ok.pseudonym AND s.factor = ok.factor AND s.digest = decode(ok.digest, 'hex')"
)
_BESIDES: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {"passkey": (_SIGNED, _SIGN), "recovery-codes": (_SAVED, _USE)}
)


@cache
def _spending(kind: Kind, state: State) -> str:
    new_passkey = kind == "passkey" and state == "pending"  # it is added after, in the same transaction
    joined, besides = ("", "") if new_passkey else _BESIDES.get(kind, ("", ""))
    return (
        f"WITH ok AS (SELECT a.* FROM {_ANSWERS}{_MAY}{joined}{_IN_ORDER}{', s' if joined else ''}),"
        " f AS (UPDATE security.factors f SET failures = 0, wait_until = NULL, used_at = %(now)s, state = ok.new,"
        " last_step = greatest(f.last_step, ok.step), activated_at = coalesce(f.activated_at, %(now)s)"
        f"{_OF_FACTOR} ok.n), c AS (UPDATE security.challenges c SET"
        " state = CASE WHEN ok.whole THEN 'passed' ELSE c.state END,"
        " passed_at = %(now)s, passed_by = ok.factor, assurance = ok.assurance,"
        f" request = decode(ok.request, 'hex'){_OF_CHALLENGE})"
        f"{f', s AS ({besides})' if besides else ''} SELECT n FROM f"
    )


_FAIL = (
    f"WITH ok AS (SELECT a.* FROM {_ANSWERS}{_MAY}{_IN_ORDER}),"
    f" c AS (UPDATE security.challenges c SET failures = c.failures + 1{_OF_CHALLENGE}),"
    " f AS (UPDATE security.factors f SET failures = f.failures + 1,"
    " wait_until = %(now)s + (%(waits)s::interval[])[least(f.failures + 1, %(last)s)],"
    " state = CASE WHEN f.failures + 1 >= %(last)s THEN 'disabled' ELSE f.state END"
    f"{_OF_FACTOR} ok.n, f.state) SELECT n, state FROM f"
)


@dataclass(frozen=True, slots=True)
class Answering:
    """Which challenge is answered by which factor; `home` is what the challenge stands under."""

    home: UUID
    challenge: UUID
    pseudonym: UUID
    factor: UUID


@dataclass(frozen=True, slots=True)
class Spending:
    """A right answer, to be made to count: the factor's state before and after, and what it spends.

    `whole` says that the challenge is passed by it; `assurance` is what it proves then. `request` names what asked.
    """

    old: State
    new: State
    shown: Shown
    whole: bool
    assurance: str
    request: bytes | None = field(default=None, repr=False)


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


def read(connection: psycopg.Connection, answers: Sequence[Answering]) -> dict[int, Asked]:
    """By an answer's place, the challenge with the factor that is to answer it; nothing where one is not there."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_READ, {"answers": _json(answers)}).fetchall()
    return {row[0]: Asked(*_with_passkey(row[1:])) for row in rows}


def _with_passkey(columns: Sequence[Any]) -> tuple[Any, ...]:
    stored = columns[_PASSKEY_FROM:]
    return (*columns[:_PASSKEY_FROM], PasskeyRow(*stored) if stored[0] else None)


def _json(answers: Sequence[Answering], more: Sequence[Mapping[str, Any]] = ()) -> str:
    places = (
        {
            "n": n,
            "home": str(one.home),
            "challenge": str(one.challenge),
            "pseudonym": str(one.pseudonym),
            "factor": str(one.factor),
            **(more[n] if more else {}),
        }
        for n, one in enumerate(answers)
    )
    return json.dumps(list(places))


def secret(connection: psycopg.Connection, home: UUID, challenge: UUID) -> bytes:
    """The challenge a passkey signs, 32 bytes."""
    (found,) = connection.execute(
        "SELECT secret FROM security.challenges WHERE pseudonym = %s AND challenge = %s", [home, challenge]
    ).fetchone() or (b"",)
    return bytes(found)


def spend(
    connection: psycopg.Connection,
    kind: Kind,
    answers: Sequence[Answering],
    spendings: Sequence[Spending],
    *,
    most: int,
    now: datetime,
) -> set[int]:
    """Make right answers count, by factors of one kind and state; returns the places of those that did.

    No two of them may be of one challenge or one factor. `most` wrong answers close a challenge.
    """
    more = [
        {
            "old": one.old,
            "new": one.new,
            "step": one.shown.step,
            "sign_count": one.shown.sign_count,
            "backed_up": one.shown.backed_up,
            "digest": one.shown.digest.hex() if one.shown.digest else None,
            "whole": one.whole,
            "assurance": one.assurance,
            "request": one.request.hex() if one.request else None,
        }
        for one in spendings
    ]
    words = {"answers": _json(answers, more), "most": most, "now": now}
    return {n for (n,) in connection.execute(_spending(kind, spendings[0].old), words)}


def fail(
    connection: psycopg.Connection,
    answers: Sequence[Answering],
    states: Sequence[State],
    *,
    waits: Sequence[timedelta],
    most: int,
    now: datetime,
) -> dict[int, State]:
    """Count wrong answers; returns, by the places of those that were counted, the factor's state from now on.

    No two of them may be of one challenge or one factor. Not counted is what may not be tried now.
    """
    more = [{"old": state} for state in states]
    words = {"answers": _json(answers, more), "waits": list(waits), "last": len(waits), "most": most, "now": now}
    return dict(connection.execute(_FAIL, words).fetchall())


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


def forget(connection: psycopg.Connection, before: datetime, unpassed: datetime) -> int:
    """Delete challenges that ended before a time, those never passed before another; returns how many."""
    over = "(c.expires_at <= %(before)s OR (c.expires_at <= %(unpassed)s AND c.state <> 'passed'))"
    words = {"before": before, "unpassed": unpassed}
    for table in ("codes", "evidence"):
        connection.execute(
            f"DELETE FROM security.{table} t USING security.challenges c WHERE t.pseudonym = c.pseudonym"
            f" AND t.challenge = c.challenge AND {over}",
            words,
        )
    return connection.execute(f"DELETE FROM security.challenges c WHERE {over}", words).rowcount
