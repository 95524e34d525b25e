"""What people chose about marketing, in the registry: each choice is kept, and the newest come last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg

from solely.preference import Preference

__all__ = ["add", "changed_since", "newest", "of", "of_each"]


def add(connection: psycopg.Connection, subject: str, one: Preference) -> None:
    """Record a choice; its caller holds the ledger's head, so that the order is that of the entries."""
    connection.execute(
        "INSERT INTO registry.preferences (subject, purpose, choice, source, at, entry)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [subject, one.purpose, one.choice, one.source, one.at, one.entry],
    )


def of(connection: psycopg.Connection, subject: str) -> list[Preference]:
    """A subject's choices, in the order they were made."""
    return of_each(connection, [subject]).get(subject, [])


def of_each(connection: psycopg.Connection, subjects: Iterable[str]) -> dict[str, list[Preference]]:
    """The choices of these subjects, of each in the order they were made; nothing of those who made none."""
    rows: Iterable[Any] = connection.execute(
        "SELECT subject, purpose, choice, source, at, entry FROM registry.preferences WHERE subject = ANY(%s)"
        " ORDER BY entry",
        [list(subjects)],
    )
    found: dict[str, list[Preference]] = defaultdict(list)
    for subject, *choice in rows:
        found[subject].append(Preference(*choice))
    return dict(found)


def newest(connection: psycopg.Connection) -> int:
    """The entry of the newest choice anyone made; -1 where there is none."""
    row = connection.execute("SELECT coalesce(max(entry), -1) FROM registry.preferences").fetchone()
    assert row is not None
    return int(row[0])


def changed_since(connection: psycopg.Connection, entry: int) -> set[str]:
    """The subjects who made a choice after that entry."""
    rows = connection.execute("SELECT DISTINCT subject FROM registry.preferences WHERE entry > %s", [entry])
    return {subject for (subject,) in rows}
