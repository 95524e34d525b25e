"""Limits on rates, one row each by what they count: taken by one conditional statement, or not at all.

A limit is kept as the one time until which it is full (the generic cell rate algorithm): it has no window whose
edge lets twice as many through, and when there is room again is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from solely.errors import Throttled

__all__ = ["Count", "Limit", "check", "forget", "full", "give_back", "take", "throttled"]

_TAKE = (
    "INSERT INTO security.limits AS l (key, name, full_until) VALUES (%(key)s, %(name)s, %(now)s + %(step)s)"
    " ON CONFLICT (key, name) DO UPDATE SET full_until = greatest(l.full_until, %(now)s) + %(step)s"
    " WHERE greatest(l.full_until, %(now)s) + %(step)s <= %(now)s + %(period)s RETURNING true"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` at once, and no more than `count` in a `period` after; `name` is what it is called."""

    name: str
    count: int
    period: timedelta

    @property
    def step(self) -> timedelta:
        """What one try fills."""
        return self.period / self.count

    def after(self, full_until: datetime | None, now: datetime) -> datetime | None:
        """The state after one more try at `now`; None where there is no room for it. `_TAKE` says it in SQL."""
        filled = max(full_until or now, now) + self.step
        return filled if filled - now <= self.period else None


@dataclass(frozen=True, slots=True)
class Count:
    """One thing a limit counts: `key` is its keyed form, such as a contact's fingerprint."""

    limit: Limit
    key: bytes


def take(connection: psycopg.Connection, counts: Iterable[Count], now: datetime) -> None:
    """Count one try for each, in the open transaction. Raises Throttled, for a transaction that then rolls back.

    In the order of their keys, so that two who take the same ones never wait for each other.
    """
    for count in sorted(counts, key=lambda one: (one.key, one.limit.name)):
        limit = count.limit
        words = {"key": count.key, "name": limit.name, "now": now, "step": limit.step, "period": limit.period}
        if connection.execute(_TAKE, words).fetchone() is None:
            check(connection, [count], now)
            raise throttled(limit, now + limit.step)


def give_back(connection: psycopg.Connection, counts: Iterable[Count]) -> None:
    """Uncount one try for each: it was taken before it was known to be right."""
    for count in sorted(counts, key=lambda one: (one.key, one.limit.name)):
        connection.execute(
            "UPDATE security.limits SET full_until = full_until - %s WHERE key = %s AND name = %s",
            [count.limit.step, count.key, count.limit.name],
        )


def check(connection: psycopg.Connection, counts: Iterable[Count], now: datetime) -> None:
    """Raise Throttled where one of these has no room for a try; counts nothing."""
    counts = list(counts)
    found = full(connection, counts, now)
    for count in counts:
        if retry_at := found.get((count.key, count.limit.name)):
            raise throttled(count.limit, retry_at)


def full(connection: psycopg.Connection, counts: Sequence[Count], now: datetime) -> dict[tuple[bytes, str], datetime]:
    """By key and name, those of these limits that have no room for a try, and when they have again."""
    if not counts:
        return {}
    by_key = {(count.key, count.limit.name): count.limit for count in counts}
    keys, names = zip(*by_key, strict=True)
    rows = connection.execute(
        "SELECT l.key, l.name, l.full_until FROM unnest(%s::bytea[], %s::text[]) AS a (key, name)"
        " JOIN security.limits l USING (key, name)",
        [list(keys), list(names)],
    )
    return {
        (key, name): full_until + limit.step - limit.period
        for key, name, full_until in rows
        if (limit := by_key[key, name]).after(full_until, now) is None
    }


def throttled(limit: Limit, retry_at: datetime) -> Throttled:
    """The error of a limit that is full until then."""
    return Throttled("too many tries", where=limit.name, cure="wait, then try again", retry_at=retry_at)


def forget(connection: psycopg.Connection, now: datetime) -> int:
    """Delete the limits that are empty again; returns how many."""
    return connection.execute("DELETE FROM security.limits WHERE full_until <= %s", [now]).rowcount
