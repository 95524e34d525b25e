"""What takes two officers, in each compartment: asked, approved, used and ended by one conditional statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from solely.principal import Home

__all__ = ["ASK_LIFE", "Approval", "State", "approve", "ask", "end", "end_of", "every", "one", "use"]

State = Literal["asked", "lapsed", "open", "ended"]
ASK_LIFE = timedelta(days=1)  # what nobody approved by then has to be asked for anew
_SKEW = timedelta(minutes=1)  # by which the clocks of two machines may differ
_COLUMNS = sql.SQL(
    "approval, act, scope, person, reason, case_ref, minutes, asked_by, asked_at, approved_by, approved_at, until,"
    " ended_by, ended_at, uses"
)
_OPEN = sql.SQL(
    "act = %(act)s AND scope IS NOT DISTINCT FROM %(scope)s AND person IS NOT DISTINCT FROM %(person)s"
    " AND approved_at <= %(skewed)s AND until > %(now)s AND ended_at IS NULL AND (uses = 0 OR NOT %(once)s)"
    " AND (%(by)s::text IS NULL OR asked_by = %(by)s)"
    " AND (%(since)s::timestamptz IS NULL OR approved_at >= %(since)s)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What one officer asked for, how far it came. `minutes`: how long it is to be open; `until` when it no longer is.

    It is about a person (by pseudonym) or a scope, which names an audience, an incident or a principal.
    """

    approval: UUID
    act: str
    scope: str | None
    person: UUID | None
    reason: str
    case_ref: str
    minutes: int
    asked_by: str
    asked_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    until: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    uses: int = 0

    def state(self, now: datetime) -> State:
        """How it stands."""
        if self.ended_at is not None:
            return "ended"
        if self.until is None:
            return "asked" if now < self.asked_at + ASK_LIFE else "lapsed"
        return "open" if now < self.until else "ended"


def _in(home: Home, statement: LiteralString) -> sql.Composed:
    return sql.SQL(statement).format(home=sql.Identifier(home), columns=_COLUMNS, open=_OPEN)


def ask(connection: psycopg.Connection, home: Home, new: Approval) -> None:
    """Note what an officer asks for."""
    connection.execute(
        _in(
            home,
            "INSERT INTO {home}.approvals (approval, act, scope, person, reason, case_ref, minutes, asked_by, asked_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        ),
        [
            new.approval,
            new.act,
            new.scope,
            new.person,
            new.reason,
            new.case_ref,
            new.minutes,
            new.asked_by,
            new.asked_at,
        ],
    )


def approve(connection: psycopg.Connection, home: Home, approval: UUID, officer: str, now: datetime) -> Approval | None:
    """Note that another officer approves, from now for the minutes asked. None where none waits for this officer."""
    statement: LiteralString = (
        "UPDATE {home}.approvals SET approved_by = %(officer)s, approved_at = %(now)s,"
        " until = %(now)s + make_interval(mins => minutes) WHERE approval = %(approval)s AND approved_by IS NULL"
        " AND ended_at IS NULL AND asked_by <> %(officer)s AND asked_at > %(since)s RETURNING {columns}"
    )
    words = {"officer": officer, "now": now, "approval": approval, "since": now - ASK_LIFE}
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        return cursor.execute(_in(home, statement), words).fetchone()


def use(
    connection: psycopg.Connection,
    home: Home,
    about: tuple[str, str | None, UUID | None],
    *,
    by: str | None,
    once: bool,
    now: datetime,
    since: datetime | None = None,
) -> Approval | None:
    """Use what is open for that act, scope and person, and was asked for by that officer (None: by any).

    None where nothing is, or was approved before `since`. With `once`, of two who use it at a time one gets it.
    """
    statement: LiteralString = (
        "UPDATE {home}.approvals SET uses = uses + 1 WHERE approval = (SELECT approval FROM {home}.approvals"
        " WHERE {open} ORDER BY until, approval LIMIT 1) AND {open} RETURNING {columns}"
    )
    act, scope, person = about
    words = {"act": act, "scope": scope, "person": person, "by": by, "once": once, "now": now}
    words |= {"skewed": now + _SKEW, "since": since}
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        return cursor.execute(_in(home, statement), words).fetchone()


def end(connection: psycopg.Connection, home: Home, approval: UUID, by: str, now: datetime) -> Approval | None:
    """End what is asked for or open, at once. None where it is neither."""
    statement: LiteralString = (
        "UPDATE {home}.approvals SET ended_by = %(by)s, ended_at = %(now)s WHERE approval = %(approval)s"
        " AND ended_at IS NULL AND (until IS NULL OR until > %(now)s) RETURNING {columns}"
    )
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        words = {"by": by, "now": now, "approval": approval}
        return cursor.execute(_in(home, statement), words).fetchone()


def end_of(connection: psycopg.Connection, home: Home, officer: str, by: str, now: datetime) -> int:
    """End all that an officer asked for or approved, as they are no longer one; returns how many."""
    return connection.execute(
        _in(
            home,
            "UPDATE {home}.approvals SET ended_by = %(by)s, ended_at = %(now)s WHERE ended_at IS NULL"
            " AND (until IS NULL OR until > %(now)s) AND (asked_by = %(officer)s OR approved_by = %(officer)s)",
        ),
        {"by": by, "now": now, "officer": officer},
    ).rowcount


def one(connection: psycopg.Connection, home: Home, approval: UUID) -> Approval | None:
    """One by its id; None where there is none."""
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        statement: LiteralString = "SELECT {columns} FROM {home}.approvals WHERE approval = %s"
        return cursor.execute(_in(home, statement), [approval]).fetchone()


def every(
    connection: psycopg.Connection, home: Home, last: int = 100, before: tuple[datetime, UUID] | None = None
) -> list[Approval]:
    """The newest so many, newest first; of those asked for before one, by its time and id."""
    at, approval = before or (None, None)
    with connection.cursor(row_factory=class_row(Approval)) as cursor:
        statement: LiteralString = (
            "SELECT {columns} FROM {home}.approvals"
            " WHERE %(at)s::timestamptz IS NULL OR (asked_at, approval) < (%(at)s, %(approval)s::uuid)"
            " ORDER BY asked_at DESC, approval DESC LIMIT %(last)s"
        )
        return cursor.execute(_in(home, statement), {"at": at, "approval": approval, "last": last}).fetchall()
