"""Incidents as the registry's role keeps them: versions that are added, and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from solely.errors import Conflict

__all__ = ["Row", "add", "every", "newest", "numbered", "versions"]


@dataclass(frozen=True, slots=True)
class Row:
    """One version: what stood from `at` on, by whom, and the ledger's entry that has the SHA-256 of the content."""

    incident: str
    version: int
    at: datetime
    officer: str
    content: str = field(repr=False)
    entry: int


def add(connection: psycopg.Connection, row: Row) -> None:
    """Add a version, durably. Raises Conflict where another was added at this moment."""
    try:
        connection.execute(
            "INSERT INTO registry.incidents (incident, version, at, officer, content, entry)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [row.incident, row.version, row.at, row.officer, row.content, row.entry],
        )
    except UniqueViolation:
        what = "someone else changed this incident at this moment"
        raise Conflict(what, where="incident", cure="look at it again, then repeat what you want") from None


def newest(connection: psycopg.Connection, incident: str) -> Row | None:
    """The version of an incident that stands; None where there is no such incident."""
    found = versions(connection, incident, last=1)
    return found[0] if found else None


def versions(connection: psycopg.Connection, incident: str, last: int | None = None) -> list[Row]:
    """The versions of an incident, newest first: all, or the `last` so many."""
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(
            "SELECT incident, version, at, officer, content, entry FROM registry.incidents"
            " WHERE incident = %s ORDER BY version DESC LIMIT %s",
            [incident, last],
        ).fetchall()


def every(connection: psycopg.Connection, after: str = "", most: int | None = None) -> list[Row]:
    """The version of each incident that stands, in the order of their names, after that one: all, or so many."""
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(
            "SELECT DISTINCT ON (incident) incident, version, at, officer, content, entry FROM registry.incidents"
            " WHERE incident > %s ORDER BY incident, version DESC LIMIT %s",
            [after, most],
        ).fetchall()


def numbered(connection: psycopg.Connection, year: int) -> int:
    """The highest number among incidents named YEAR-NUMBER; 0 where there is none."""
    rows = connection.execute(
        "SELECT DISTINCT incident FROM registry.incidents WHERE incident ~ %s", [rf"^{year}-[0-9]{{3,6}}$"]
    )
    return max((int(incident.partition("-")[2]) for (incident,) in rows), default=0)
