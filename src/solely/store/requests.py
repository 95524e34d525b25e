"""Changes asked for under an idempotency key, in one compartment: taken by one at a time, answered once and kept.

Many at once share a statement. A row that is taken and not answered is free again at its `until`: whoever took it
was killed, or was cut off. It keeps when it was taken first: what is done again is done as of then, and so is the
same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from solely.principal import Home

__all__ = ["Kept", "Request", "Taken", "answered", "forget", "free", "take"]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks (a principal's name), a digest of the key they chose, and one of what they ask for."""

    caller: str
    digest: bytes
    asked: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What is the caller's to do now: how often it was begun by now (1: never before), and when the first time."""

    tries: int
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key that is not the caller's to take: for what it was taken, and the answer if any."""

    asked: bytes
    answer: bytes | None


_TAKE = """
    INSERT INTO {requests} AS r (caller, digest, asked, begun_at, until)
    SELECT caller, digest, asked, %(now)s, %(until)s
    FROM unnest(%(callers)s::text[], %(digests)s::bytea[], %(asked)s::bytea[]) AS a (caller, digest, asked)
    ORDER BY caller, digest
    ON CONFLICT (caller, digest) DO UPDATE SET until = excluded.until, tries = r.tries + 1
    WHERE r.answer IS NULL AND r.until <= excluded.begun_at AND r.asked = excluded.asked
    RETURNING caller, digest, tries, begun_at
"""
_KEPT = """
    SELECT r.caller, r.digest, r.asked, r.answer FROM {requests} r
    JOIN unnest(%(callers)s::text[], %(digests)s::bytea[]) AS a (caller, digest) USING (caller, digest)
"""
_ANSWERED = """
    UPDATE {requests} r SET answer = a.answer
    FROM unnest(%(callers)s::text[], %(digests)s::bytea[], %(answers)s::bytea[]) AS a (caller, digest, answer)
    WHERE r.caller = a.caller AND r.digest = a.digest AND r.answer IS NULL
"""
_FREE = """
    UPDATE {requests} r SET until = r.begun_at, tries = 0
    FROM unnest(%(callers)s::text[], %(digests)s::bytea[]) AS a (caller, digest)
    WHERE r.caller = a.caller AND r.digest = a.digest AND r.answer IS NULL
"""


def take(
    connection: psycopg.Connection, home: Home, wanted: Sequence[Request], now: datetime, until: datetime
) -> list[Taken | Kept | None]:
    """Take these, no two alike: each is taken, or something stands there. None where it is forgotten at this moment."""
    names = {"callers": [one.caller for one in wanted], "digests": [one.digest for one in wanted]}
    given = {**names, "asked": [one.asked for one in wanted], "now": now, "until": until}
    rows = connection.execute(_on(home, _TAKE), given)
    taken = {(caller, digest): Taken(tries, begun_at) for caller, digest, tries, begun_at in rows}
    stands: dict[tuple[str, bytes], Kept] = {}
    if len(taken) < len(wanted):
        found = connection.execute(_on(home, _KEPT), names)
        stands = {(caller, digest): Kept(asked, answer) for caller, digest, asked, answer in found}
    places = [(one.caller, one.digest) for one in wanted]
    return [taken.get(place, stands.get(place)) for place in places]


def answered(connection: psycopg.Connection, home: Home, done: Sequence[tuple[Request, bytes]]) -> None:
    """Keep their answers."""
    connection.execute(
        _on(home, _ANSWERED),
        {
            "callers": [one.caller for one, _ in done],
            "digests": [one.digest for one, _ in done],
            "answers": [answer for _, answer in done],
        },
    )


def free(connection: psycopg.Connection, home: Home, undone: Sequence[Request]) -> None:
    """Let these be asked for again: nothing was done."""
    connection.execute(
        _on(home, _FREE),
        {"callers": [one.caller for one in undone], "digests": [one.digest for one in undone]},
    )


def forget(connection: psycopg.Connection, home: Home, before: datetime) -> int:
    """Delete those begun before that; returns how many."""
    return connection.execute(_on(home, "DELETE FROM {requests} WHERE begun_at < %s"), [before]).rowcount


def _on(home: Home, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(requests=sql.Identifier(home, "requests"))
