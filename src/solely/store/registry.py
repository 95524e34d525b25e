"""The registry's tables, as the officer's role reads them: who is behind a pseudonym, and who gave what for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import numpy as np
import psycopg

from solely.ledger.members import Ids
from solely.purpose import Compartment

__all__ = [
    "About",
    "Held",
    "Words",
    "about",
    "counts",
    "digests_of",
    "givings_in",
    "held",
    "imported",
    "notices",
    "notices_after",
    "pseudonyms",
    "pseudonyms_in",
    "subjects",
    "subjects_of",
]


class Held(NamedTuple):
    """A giving of one subject, the version of the notice it was given under, and the entries of its two ends."""

    giving: UUID
    purpose: str
    kind: str
    notice: str
    given_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    entry: int
    ending: int | None


class Words(NamedTuple):
    """A notice as it is kept: all that its readers saw."""

    version: str
    language: str
    digest: bytes
    text: str


class About(NamedTuple):
    """What the registry knows of a giving."""

    giving: UUID
    subject: str
    purpose: str
    notice: bytes
    country: str | None
    entry: int


def subjects_of(connection: psycopg.Connection, compartment: Compartment, pseudonyms: Sequence[UUID]) -> list[str]:
    """The subjects known to a compartment by these pseudonyms, sorted."""
    rows = connection.execute(
        "SELECT subject FROM registry.pseudonyms WHERE compartment = %s AND pseudonym = ANY(%s)",
        [compartment, list(pseudonyms)],
    )
    return sorted(subject for (subject,) in rows)


def counts(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    """By purpose: how many givings there are, and how many of them ended."""
    rows = connection.execute(
        "SELECT purpose, count(*), count(e.giving) FROM registry.givings g"
        " LEFT JOIN registry.endings e USING (subject, giving) GROUP BY purpose"
    )
    return {purpose: (given, ended) for purpose, given, ended in rows}


def held(connection: psycopg.Connection, subject: str) -> list[Held]:
    """All that a subject ever gave, oldest first."""
    rows = connection.execute(
        "SELECT g.giving, g.purpose, g.kind, coalesce((SELECT min(n.version) FROM registry.notices n"
        "   WHERE n.purpose = g.purpose AND n.digest = g.notice), ''),"
        " g.given_at, g.expires_at, e.ended_at, g.entry, e.entry FROM registry.givings g"
        " LEFT JOIN registry.endings e USING (subject, giving) WHERE g.subject = %s ORDER BY g.given_at, g.giving",
        [subject],
    )
    return [Held(*row) for row in rows]


def pseudonyms(connection: psycopg.Connection, subject: str) -> dict[str, UUID]:
    """By compartment that knows a subject, the pseudonym it knows them by."""
    rows = connection.execute("SELECT compartment, pseudonym FROM registry.pseudonyms WHERE subject = %s", [subject])
    return dict(rows.fetchall())


def givings_in(connection: psycopg.Connection, sequence: int, type_: Literal["giving", "withdrawal"]) -> Ids:
    """The ids of the givings that began, or ended, by one ledger entry, ascending: what it commits to."""
    table = "givings" if type_ == "giving" else "endings"
    rows = connection.execute(
        f"SELECT uuid_send(giving) FROM registry.{table} WHERE entry = %s ORDER BY giving",  # noqa: S608 - one of two
        [sequence],
        binary=True,
    )
    return np.frombuffer(b"".join(giving for (giving,) in rows), np.uint8).reshape(-1, 16)


def about(connection: psycopg.Connection, givings: Sequence[UUID]) -> dict[UUID, About]:
    """What is known of these givings, by their ids; nothing of those that are not there."""
    rows = connection.execute(
        "SELECT giving, subject, purpose, notice, country, entry FROM registry.givings WHERE giving = ANY(%s)",
        [list(givings)],
        binary=True,
    )
    return {row[0]: About(*row) for row in rows}


def notices(connection: psycopg.Connection, purposes: Sequence[str]) -> dict[tuple[str, str], Words]:
    """The notices of these purposes, by purpose and version."""
    rows = connection.execute(
        "SELECT purpose, version, language, digest, text FROM registry.notices WHERE purpose = ANY(%s)",
        [list(purposes)],
    )
    return {(purpose, version): Words(version, *rest) for purpose, version, *rest in rows}


def notices_after(connection: psycopg.Connection, after: tuple[str, str], most: int) -> list[tuple[str, Words]]:
    """So many notices after one, each with its purpose, in the order of purpose and version."""
    rows = connection.execute(
        "SELECT purpose, version, language, digest, text FROM registry.notices WHERE (purpose, version) > (%s, %s)"
        " ORDER BY purpose, version LIMIT %s",
        [*after, most],
    )
    return [(purpose, Words(version, *rest)) for purpose, version, *rest in rows]


def digests_of(connection: psycopg.Connection) -> dict[str, bytes]:
    """The digest of each notice, by PURPOSE/VERSION."""
    rows = connection.execute("SELECT purpose || '/' || version, digest FROM registry.notices")
    return {name: bytes(digest) for name, digest in rows}


def imported(connection: psycopg.Connection) -> dict[str, frozenset[int]]:
    """By import, the entries of the givings that came of it."""
    rows = connection.execute("SELECT import, array_agg(entry) FROM registry.imports GROUP BY import")
    return {name: frozenset(entries) for name, entries in rows}


def pseudonyms_in(connection: psycopg.Connection, compartment: Compartment, subjects: Sequence[str]) -> dict[str, UUID]:
    """By subject that a compartment knows, the pseudonym."""
    rows = connection.execute(
        "SELECT subject, pseudonym FROM registry.pseudonyms WHERE compartment = %s AND subject = ANY(%s)",
        [compartment, list(subjects)],
    )
    return dict(rows.fetchall())


def subjects(connection: psycopg.Connection, compartment: Compartment, pseudonyms: Sequence[UUID]) -> dict[UUID, str]:
    """By pseudonym in a compartment, the subject."""
    rows = connection.execute(
        "SELECT pseudonym, subject FROM registry.pseudonyms WHERE compartment = %s AND pseudonym = ANY(%s)",
        [compartment, list(pseudonyms)],
    )
    return dict(rows.fetchall())
