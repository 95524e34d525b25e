"""Who is told of an incident, as the registry's role keeps it, and how far that has come.

- A row moves by one conditional UPDATE, durable when the call returns.
- `sending` is written before a message is handed over. Who is found in it by a later run was handed over or not,
  nobody knows: that is `unknown`, and is not repeated by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import psycopg
from psycopg.rows import class_row

__all__ = [
    "STATES",
    "Became",
    "Line",
    "Progress",
    "State",
    "Waiting",
    "again",
    "claim",
    "drop",
    "due",
    "fill",
    "language",
    "lines",
    "lost",
    "owed",
    "progress",
    "service_pseudonyms",
    "settle",
    "told_at",
]

State = Literal["waiting", "sending", "sent", "failed", "unreachable", "unknown", "dropped"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Someone who is to be told. `refused` are givings whose contact takes no messages."""

    subject: str
    send: UUID
    tries: int
    refused: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of someone: a state, and why; when they are due again; a giving that is not to be tried again."""

    state: State
    why: str | None = None
    next_at: datetime | None = None
    refused: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Someone in the list of who was told: since when they are in that state, and why."""

    subject: str
    state: State
    why: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How many are in each state, and when the next of those who wait is due; None where nobody waits."""

    states: Mapping[State, int]
    next_at: datetime | None

    @property
    def people(self) -> int:
        """All who are to be told or were."""
        return sum(count for state, count in self.states.items() if state != "dropped")

    @property
    def left(self) -> int:
        return self.states["waiting"] + self.states["sending"]


def fill(
    connection: psycopg.Connection, incident: str, version: int, people: Sequence[tuple[str, UUID]], now: datetime
) -> None:
    """Add people, each with the id of the message to them; who is there already stays as they are."""
    subjects, sends = [subject for subject, _ in people], [send for _, send in people]
    connection.execute(
        "INSERT INTO registry.notified AS n (subject, incident, send, version, next_at, changed_at)"
        " SELECT subject, %(incident)s, send, %(version)s, %(now)s, %(now)s"
        " FROM unnest(%(subjects)s::text[], %(sends)s::uuid[]) AS p (subject, send)"
        " ON CONFLICT (subject, incident) DO UPDATE SET version = %(version)s,"
        " state = CASE n.state WHEN 'dropped' THEN 'waiting' ELSE n.state END",
        {"incident": incident, "version": version, "subjects": subjects, "sends": sends, "now": now},
    )


def drop(connection: psycopg.Connection, incident: str, version: int, now: datetime) -> None:
    """Whom the question of this version no longer names is not told. Who was told, was."""
    connection.execute(
        "UPDATE registry.notified SET state = 'dropped', why = 'the incident was narrowed', changed_at = %s"
        " WHERE incident = %s AND version < %s AND state IN ('waiting', 'unreachable', 'failed')",
        [now, incident, version],
    )


def due(connection: psycopg.Connection, incident: str, after: str, now: datetime, most: int) -> list[Waiting]:
    """The next `most` people after that subject who are due, in order."""
    rows = connection.execute(
        "SELECT subject, send, tries, refused FROM registry.notified WHERE incident = %s AND state = 'waiting'"
        " AND subject > %s AND next_at <= %s ORDER BY subject LIMIT %s",
        [incident, after, now, most],
    )
    return [Waiting(subject, send, tries, tuple(refused)) for subject, send, tries, refused in rows]


def owed(connection: psycopg.Connection, now: datetime, since: datetime) -> list[str]:
    """The incidents of which somebody is due, or whose message has been under way since then or longer."""
    rows = connection.execute(
        "SELECT incident FROM (SELECT DISTINCT incident FROM registry.incidents) i WHERE EXISTS (SELECT FROM"
        " registry.notified n WHERE n.incident = i.incident AND ((n.state = 'waiting' AND n.next_at <= %s)"
        " OR (n.state = 'sending' AND n.changed_at <= %s)))",
        [now, since],
    )
    return [incident for (incident,) in rows]


def claim(connection: psycopg.Connection, incident: str, subject: str, giving: UUID, now: datetime) -> bool:
    """Note that a message to them is about to be handed over; False where another did, or did it already."""
    return (
        connection.execute(
            "UPDATE registry.notified SET state = 'sending', tries = tries + 1, giving = %s, why = NULL,"
            " changed_at = %s WHERE incident = %s AND subject = %s AND state = 'waiting'",
            [giving, now, incident, subject],
        ).rowcount
        > 0
    )


def settle(connection: psycopg.Connection, incident: str, subject: str, became: Became, now: datetime) -> None:
    """Note what became of someone who waited or was sent to."""
    connection.execute(
        "UPDATE registry.notified SET state = %(state)s, why = %(why)s, next_at = coalesce(%(next)s, next_at),"
        " refused = array_remove(refused || %(refused)s::uuid, NULL), changed_at = %(now)s"
        " WHERE incident = %(incident)s AND subject = %(subject)s AND state IN ('waiting', 'sending')",
        {
            "state": became.state,
            "why": became.why,
            "next": became.next_at,
            "refused": became.refused,
            "now": now,
            "incident": incident,
            "subject": subject,
        },
    )


def lost(connection: psycopg.Connection, incident: str, now: datetime, since: datetime) -> int:
    """Whose message has been under way since then or longer is `unknown`: the run that handed it over has ended."""
    return connection.execute(
        "UPDATE registry.notified SET state = 'unknown', changed_at = %s,"
        " why = 'the run ended while it was handed over'"
        " WHERE incident = %s AND state = 'sending' AND changed_at <= %s",
        [now, incident, since],
    ).rowcount


def again(connection: psycopg.Connection, incident: str, states: Collection[State], now: datetime) -> int:
    """Let people in these states wait anew, with all their tries; returns how many."""
    return connection.execute(
        "UPDATE registry.notified SET state = 'waiting', tries = 0, refused = '{}', why = NULL, next_at = %s,"
        " changed_at = %s WHERE incident = %s AND state = ANY(%s)",
        [now, now, incident, list(states)],
    ).rowcount


def progress(connection: psycopg.Connection, incident: str) -> Progress:
    """How far telling people has come."""
    rows = connection.execute(
        "SELECT state, count(*), min(next_at) FROM registry.notified WHERE incident = %s GROUP BY state", [incident]
    ).fetchall()
    found = {state: count for state, count, _ in rows}
    return Progress(
        {state: found.get(state, 0) for state in STATES},
        next((next_at for state, _, next_at in rows if state == "waiting"), None),
    )


def told_at(connection: psycopg.Connection, incident: str) -> datetime | None:
    """When the last person was told, where nobody waits any more; None where somebody does, or nobody was told."""
    row = connection.execute(
        "SELECT max(changed_at) FILTER (WHERE state = 'sent') FROM registry.notified WHERE incident = %s"
        " HAVING count(*) FILTER (WHERE state IN ('waiting', 'sending')) = 0",
        [incident],
    ).fetchone()
    return row[0] if row else None


def lines(
    connection: psycopg.Connection, incident: str, states: Collection[State], after: str = "", most: int | None = None
) -> Iterator[Line]:
    """The people in these states after that one, in the order of their ids, streamed: all, or so many."""
    with connection.transaction(), connection.cursor(name="notified", row_factory=class_row(Line)) as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            "SELECT subject, state, why, changed_at FROM registry.notified WHERE incident = %s AND state = ANY(%s)"
            " AND subject > %s ORDER BY subject LIMIT %s",
            [incident, list(states), after, most],
        )
        yield from cursor


def service_pseudonyms(connection: psycopg.Connection, subjects: Sequence[str]) -> dict[str, UUID]:
    """By subject, the pseudonym under which the service compartment knows them, of those it knows."""
    rows = connection.execute(
        "SELECT subject, pseudonym FROM registry.pseudonyms WHERE compartment = 'service' AND subject = ANY(%s)",
        [list(subjects)],
    )
    return dict(rows.fetchall())


def language(connection: psycopg.Connection, subject: str, giving: UUID) -> str | None:
    """The language of the notice under which someone gave."""
    row = connection.execute(
        "SELECT n.language FROM registry.givings g JOIN registry.notices n ON n.digest = g.notice"
        " AND n.purpose = g.purpose WHERE g.subject = %s AND g.giving = %s ORDER BY n.version LIMIT 1",
        [subject, giving],
    ).fetchone()
    return row[0] if row else None
