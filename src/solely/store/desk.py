"""What the desk writes: a batch of givings and their ends, in the one transaction its caller opened.

The caller holds the ledger's head (store/ledger.py, `reserve`) from the first statement on, so batches
are recorded one after the other, and a giving, its compartment's row and its ledger entry become
durable together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql

from solely.consent import Giving, Notice
from solely.errors import Conflict
from solely.purpose import COMPARTMENTS, HOLDS, Compartment

__all__ = [
    "STAGED",
    "Fresh",
    "add_notices",
    "end",
    "pseudonyms",
    "record",
    "record_endings",
    "stage",
    "standing",
]

STAGED = (
    "subject",
    "compartment",
    "pseudonym",
    "giving",
    "purpose",
    "kind",
    "notice",
    "given_at",
    "expires_at",
    "withdrawn_at",
    "key_number",
    "held",
    "wrapped",
)
_TEMPORARY = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged (
    subject text, compartment text, pseudonym uuid, giving uuid, purpose text, kind text, notice bytea,
    given_at timestamptz, expires_at timestamptz, withdrawn_at timestamptz, key_number integer, held bytea,
    wrapped bytea, fresh boolean NOT NULL DEFAULT false, ends boolean NOT NULL DEFAULT false
) ON COMMIT DELETE ROWS
"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What of a staged batch is new: givings and ends by purpose, each the ids in order, 16 bytes each."""

    givings: Mapping[str, bytes]
    endings: Mapping[str, bytes]


def pseudonyms(connection: psycopg.Connection, subjects: Iterable[str]) -> dict[tuple[str, str], UUID]:
    """The pseudonyms that stand, by subject and compartment."""
    rows = connection.execute(
        "SELECT subject, compartment, pseudonym FROM registry.pseudonyms WHERE subject = ANY(%s)", [list(subjects)]
    )
    return {(subject, compartment): pseudonym for subject, compartment, pseudonym in rows}


def add_notices(connection: psycopg.Connection, notices: Iterable[Notice]) -> set[str]:
    """Record the texts of new notices; returns the names of those known with another text."""
    changed = set()
    for notice in notices:
        connection.execute(
            "INSERT INTO registry.notices (purpose, version, language, digest, text) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [notice.purpose, notice.version, notice.language, notice.digest, notice.text],
        )
        known = connection.execute(
            "SELECT digest FROM registry.notices WHERE purpose = %s AND version = %s", [notice.purpose, notice.version]
        ).fetchone()
        if known != (notice.digest,):
            changed.add(notice.name)
    return changed


def stage(connection: psycopg.Connection, rows: bytes) -> Fresh:
    """Take rows of `STAGED` in COPY text format, and say which of them are new.

    Raises Conflict where a subject got its pseudonym from someone else in the meantime.
    """
    connection.execute(_TEMPORARY)
    # Few rows against large tables: look each up by its key.
    connection.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    columns = sql.SQL(", ").join(map(sql.Identifier, STAGED))
    with connection.cursor().copy(sql.SQL("COPY staged ({}) FROM STDIN").format(columns)) as copy:
        copy.write(rows)
    connection.execute("ANALYZE staged")
    _settle_pseudonyms(connection)
    connection.execute(
        "UPDATE staged s SET fresh = true WHERE ctid IN (SELECT min(ctid) FROM staged GROUP BY giving)"
        " AND NOT EXISTS (SELECT FROM registry.givings g WHERE g.subject = s.subject AND g.giving = s.giving)"
    )
    connection.execute(
        "UPDATE staged s SET ends = true"
        " WHERE ctid IN (SELECT min(ctid) FROM staged WHERE withdrawn_at IS NOT NULL GROUP BY giving)"
        " AND NOT EXISTS (SELECT FROM registry.endings e WHERE e.subject = s.subject AND e.giving = s.giving)"
    )
    return Fresh(_by_purpose(connection, "fresh"), _by_purpose(connection, "ends"))


def _settle_pseudonyms(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO registry.pseudonyms (subject, compartment, pseudonym)"
        " SELECT DISTINCT subject, compartment, pseudonym FROM staged ON CONFLICT DO NOTHING"
    )
    lost = connection.execute(
        "SELECT EXISTS (SELECT FROM staged s JOIN registry.pseudonyms p USING (subject, compartment)"
        " WHERE p.pseudonym <> s.pseudonym)"
    ).fetchone()
    if lost == (True,):
        raise Conflict("another desk gave for the same subjects at this moment", cure="give again: nothing is doubled")


def _by_purpose(connection: psycopg.Connection, flag: str) -> dict[str, bytes]:
    query = sql.SQL(
        "SELECT purpose, string_agg(uuid_send(giving), '' ORDER BY giving) FROM staged WHERE {} GROUP BY 1 ORDER BY 1"
    )
    return dict(connection.execute(query.format(sql.Identifier(flag))).fetchall())


def record(connection: psycopg.Connection, entries: Mapping[str, int]) -> None:
    """Record the fresh givings of the staged batch; `entries` has the ledger sequence for each purpose."""
    connection.execute(
        "INSERT INTO registry.givings (subject, giving, purpose, kind, notice, given_at, expires_at, entry)"
        " SELECT subject, giving, s.purpose, kind, notice, given_at, expires_at, e.entry"
        " FROM staged s JOIN unnest(%s::text[], %s::bigint[]) AS e (purpose, entry) ON e.purpose = s.purpose"
        " WHERE fresh",
        [list(entries), list(entries.values())],
    )
    for compartment in COMPARTMENTS:
        if HOLDS[compartment] == "sealed":
            _insert(
                connection, compartment, "contacts", "pseudonym, giving, purpose, kind, key_number, held, expires_at"
            )
            _insert(connection, compartment, "wrapped_keys", "pseudonym, giving, wrapped")
        else:
            _insert(
                connection, compartment, "givings", "pseudonym, giving, purpose, key_number, held, given_at, expires_at"
            )


def record_endings(connection: psycopg.Connection, entries: Mapping[str, int]) -> None:
    """Record the new ends of the staged batch; `entries` has the ledger sequence for each purpose."""
    connection.execute(
        "INSERT INTO registry.endings (subject, giving, ended_at, entry)"
        " SELECT subject, giving, withdrawn_at, e.entry"
        " FROM staged s JOIN unnest(%s::text[], %s::bigint[]) AS e (purpose, entry) ON e.purpose = s.purpose"
        " WHERE ends",
        [list(entries), list(entries.values())],
    )
    for compartment in COMPARTMENTS:
        _insert(connection, compartment, "endings", "pseudonym, giving, withdrawn_at", flag="ends")


_RENAMED = {"withdrawn_at": "ended_at"}


def _insert(
    connection: psycopg.Connection, compartment: Compartment, table: str, columns: str, flag: str = "fresh"
) -> None:
    held = "box" if table == "contacts" else "tokens"
    names = [held if name == "held" else _RENAMED.get(name, name) for name in columns.split(", ")]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM staged WHERE {} AND compartment = %s ORDER BY giving").format(
            sql.Identifier(compartment, table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(map(sql.Identifier, columns.split(", "))),
            sql.Identifier(flag),
        ),
        [compartment],
    )


def standing(connection: psycopg.Connection, subject: str, purpose: str, now: datetime) -> list[Giving] | None:
    """The subject's givings for a purpose that stand at `now`; None where nobody of that id ever gave anything."""
    rows = connection.execute(
        "SELECT g.giving, g.subject, g.purpose, g.kind, g.given_at, g.expires_at, e.ended_at"
        " FROM registry.givings g LEFT JOIN registry.endings e USING (subject, giving) WHERE g.subject = %s",
        [subject],
    ).fetchall()
    givings = [Giving(*row) for row in rows]
    if not givings:
        return None
    return [one for one in givings if one.purpose == purpose and _stands(one, now)]


def _stands(giving: Giving, now: datetime) -> bool:
    """As `consent.stands`, but a giving that begins at this very moment may end at it too."""
    return giving.ended_at is None and (giving.expires_at is None or giving.expires_at > now)


def end(
    connection: psycopg.Connection, givings: Sequence[Giving], compartment: Compartment, now: datetime, entry: int
) -> None:
    """Record that these givings of one subject end now."""
    ids = [one.id for one in givings]
    subject = givings[0].subject
    connection.execute(
        "INSERT INTO registry.endings (subject, giving, ended_at, entry) SELECT %s, unnest(%s::uuid[]), %s, %s",
        [subject, ids, now, entry],
    )
    connection.execute(
        sql.SQL(
            "INSERT INTO {} (pseudonym, giving, ended_at) SELECT p.pseudonym, g.id, %s"
            " FROM registry.pseudonyms p, unnest(%s::uuid[]) AS g (id) WHERE p.subject = %s AND p.compartment = %s"
        ).format(sql.Identifier(compartment, "endings")),
        [now, ids, subject, compartment],
    )
