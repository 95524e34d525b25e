"""What the desk writes: a batch of givings and their ends, in the one transaction its caller opened.

- The caller holds the ledger's head (store/ledger.py, `Pen.hold`) from the first statement on, so batches
  are recorded one after the other, and a giving, its compartment's row and its ledger entry become
  durable together or not at all.
- Rows come as text for COPY, straight into their tables. No table is between, not even a temporary one:
  its rows in the catalogue would show everyone when the desk is at work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.errors import UniqueViolation

from solely.consent import Giving, Notice
from solely.errors import Conflict
from solely.purpose import HOLDS, Compartment, Purpose
from solely.store.rotation import expect_keys

__all__ = [
    "Fresh",
    "Line",
    "Sheet",
    "add_notices",
    "all_givings",
    "end",
    "erase",
    "erasures",
    "escape",
    "introduce",
    "may_end",
    "note_import",
    "notices",
    "pseudonyms",
    "record",
    "sheet",
    "sift",
    "standing",
    "subject_known_by",
]

GIVINGS = "subject, giving, purpose, kind, notice, country, given_at, expires_at, entry"
CONTACTS = "pseudonym, giving, purpose, kind, key_number, box, expires_at"
WRAPPED_KEYS = "pseudonym, giving, wrapped"
TOKENS = "pseudonym, giving, purpose, key_number, tokens, given_at, expires_at"


class Line(NamedTuple):
    """One giving. Ids are 32 hex digits; the texts are lines for COPY, with the columns above."""

    giving: str
    subject: str
    pseudonym: str
    ended_at: str  # "" where it did not end
    registry: str  # GIVINGS less the entry
    held: str  # CONTACTS or TOKENS
    wrapped: str  # WRAPPED_KEYS, "" for tokens
    key_number: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """Givings of one purpose in the order of their ids, once each; made by `sheet`, where there is a core to spare.

    The order is that of no file, since an id is a hash. `rows` is how many rows they stood in; `notices` the
    digests of what they were given under; `keys` and `persons` are what the database is asked, as it reads it; `under`
    the numbers of the keys that sealed or tokenised.
    """

    purpose: str
    compartment: Compartment
    notices: frozenset[bytes]
    rows: int
    givings: Sequence[str]
    registry: Sequence[str]
    held: Sequence[str]
    wrapped: Sequence[str]
    ending: Mapping[str, Line]
    keys: tuple[str, str]
    persons: tuple[str, str]
    under: list[int]


def sheet(purpose: Purpose, notices: frozenset[bytes], lines: Sequence[Line]) -> Sheet:
    """A sheet of lines. Of several for one giving the first is taken, and its end from the first that has one."""
    once: dict[str, Line] = {}
    ending: dict[str, Line] = {}
    for line in lines:
        once.setdefault(line.giving, line)
        if line.ended_at:
            ending.setdefault(line.giving, line)
    givings, subjects, pseudonyms, _, registry, held, wrapped, under = zip(*sorted(once.values()), strict=True)
    persons = dict(zip(subjects, pseudonyms, strict=True))
    return Sheet(
        purpose.name,
        purpose.compartment,
        notices,
        len(lines),
        givings,
        registry,
        held,
        wrapped,
        ending,
        (_texts(subjects), _ids(givings)),
        (_texts(persons), _ids(persons.values())),
        sorted(set(under)),
    )


@dataclass(frozen=True, slots=True)
class Fresh:
    """What of a sheet is new: the places of its givings, and the lines of its ends, both in the order of the ids."""

    sheet: Sheet
    places: Sequence[int]
    ending: Sequence[Line]

    @property
    def givings(self) -> list[str]:
        return _at(self.sheet.givings, self.places)


def _at(column: Sequence[str], places: Sequence[int]) -> list[str]:
    return [column[place] for place in places]


def pseudonyms(connection: psycopg.Connection, subjects: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """The pseudonyms that stand (16 bytes each), by subject and compartment."""
    rows = connection.execute(
        "SELECT subject, compartment, uuid_send(pseudonym) FROM registry.pseudonyms WHERE subject = ANY(%s::text[])",
        [_texts(subjects)],
    )
    return {(subject, compartment): pseudonym for subject, compartment, pseudonym in rows}


def introduce(
    connection: psycopg.Connection, subject: str, compartment: Compartment | Literal["registry"], fresh: UUID
) -> UUID:
    """The pseudonym of a subject in a compartment: the one that stands, or `fresh` from now on.

    By the one for `registry` the ledger speaks of a person's own choices.
    """
    connection.execute(
        "INSERT INTO registry.pseudonyms (subject, compartment, pseudonym) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [subject, compartment, fresh],
    )
    row = connection.execute(
        "SELECT pseudonym FROM registry.pseudonyms WHERE subject = %s AND compartment = %s", [subject, compartment]
    ).fetchone()
    assert row is not None
    return UUID(bytes=row[0].bytes)


def notices(connection: psycopg.Connection) -> dict[str, bytes]:
    """The digests of the recorded notices, by PURPOSE/VERSION."""
    rows = connection.execute("SELECT purpose, version, digest FROM registry.notices")
    return {f"{purpose}/{version}": digest for purpose, version, digest in rows}


def add_notices(connection: psycopg.Connection, new: Iterable[Notice]) -> None:
    """Record the texts of notices. Raises Conflict for one that is recorded with another text."""
    for notice in new:
        connection.execute(
            "INSERT INTO registry.notices (purpose, version, language, digest, text) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [notice.purpose, notice.version, notice.language, notice.digest, notice.text],
        )
        row = connection.execute(
            "SELECT digest FROM registry.notices WHERE purpose = %s AND version = %s", [notice.purpose, notice.version]
        ).fetchone()
        if row != (notice.digest,):
            what = "this version of a notice was recorded with another text at this moment"
            raise Conflict(what, where=notice.name, cure="give the new text a new version")


def sift(connection: psycopg.Connection, sheet: Sheet) -> Fresh:
    """What of a sheet is new; the persons in it have their pseudonyms from now on.

    A giving that is recorded stays as it is: given again after its end, it does not begin again.
    Raises Conflict where a subject got another pseudonym in the meantime.
    """
    # Few rows against large tables: look each up by its key.
    connection.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    _settle_pseudonyms(connection, sheet)
    rows = connection.execute(
        "SELECT g.giving, e.giving IS NOT NULL FROM unnest(%s::text[], %s::uuid[]) AS s (subject, giving)"
        " JOIN registry.givings g USING (subject, giving) LEFT JOIN registry.endings e USING (subject, giving)",
        sheet.keys,
    )
    ended = {giving.hex: over for giving, over in rows}
    places = [place for place, giving in enumerate(sheet.givings) if giving not in ended]
    ending = [line for giving, line in sorted(sheet.ending.items()) if not ended.get(giving)]
    return Fresh(sheet, places, ending)


def _settle_pseudonyms(connection: psycopg.Connection, sheet: Sheet) -> None:
    rows = connection.execute(
        "SELECT s.subject, uuid_send(s.pseudonym), p.pseudonym"
        " FROM unnest(%s::text[], %s::uuid[]) AS s (subject, pseudonym)"
        " LEFT JOIN registry.pseudonyms p ON p.subject = s.subject AND p.compartment = %s"
        " WHERE p.pseudonym IS DISTINCT FROM s.pseudonym",
        [*sheet.persons, sheet.compartment],
    ).fetchall()
    if any(other for _, _, other in rows):
        raise Conflict("another desk gave for the same subjects at this moment", cure="give again: nothing is doubled")
    fresh = [f"{escape(subject)}\t{sheet.compartment}\t{pseudonym.hex()}" for subject, pseudonym, _ in rows]
    try:
        _copy(connection, "registry", "pseudonyms", "subject, compartment, pseudonym", fresh)
    except UniqueViolation:  # `introduce` waits for no ledger
        what = "a subject of this batch was introduced at this moment"
        raise Conflict(what, cure="give again: nothing is doubled") from None


def record(connection: psycopg.Connection, fresh: Fresh, giving_entry: int, ending_entry: int) -> None:
    """Record what is new of a sheet, under the ledger sequences of its givings and of its ends."""
    sheet, compartment = fresh.sheet, fresh.sheet.compartment
    expect_keys(
        connection, compartment, sheet.purpose, "seal" if HOLDS[compartment] == "sealed" else "token", sheet.under
    )
    _copy(connection, "registry", "givings", GIVINGS, _at(sheet.registry, fresh.places), f"\t{giving_entry}")
    if HOLDS[compartment] == "sealed":
        _copy(connection, compartment, "contacts", CONTACTS, _at(sheet.held, fresh.places))
        _copy(connection, compartment, "wrapped_keys", WRAPPED_KEYS, _at(sheet.wrapped, fresh.places))
    else:
        _copy(connection, compartment, "givings", TOKENS, _at(sheet.held, fresh.places))
    ends = [f"{escape(line.subject)}\t{line.giving}\t{line.ended_at}" for line in fresh.ending]
    _copy(connection, "registry", "endings", "subject, giving, ended_at, entry", ends, f"\t{ending_entry}")
    ends = [f"{line.pseudonym}\t{line.giving}\t{line.ended_at}" for line in fresh.ending]
    _copy(connection, compartment, "endings", "pseudonym, giving, ended_at", ends)


def note_import(connection: psycopg.Connection, name: str, entries: Iterable[int]) -> None:
    """Record which entries came of one import."""
    connection.execute(
        "INSERT INTO registry.imports (import, entry) SELECT %s, unnest(%s::bigint[])", [name, list(entries)]
    )


def _copy(
    connection: psycopg.Connection, schema: str, table: str, columns: str, lines: Sequence[str], end: str = ""
) -> None:
    if not lines:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split(", ")))
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(schema, table), names)
    with connection.cursor().copy(command) as copy:
        copy.write(f"{end}\n".join((*lines, "")))


def escape(text: str) -> str:
    """A text as a field of a line for COPY; it holds no control character."""
    return text.replace("\\", "\\\\")


def _ids(ids: Iterable[str]) -> str:
    return f"{{{','.join(ids)}}}"


def _texts(texts: Iterable[str]) -> str:
    """A text[] as PostgreSQL reads it; the driver's own way takes ten times as long."""
    escaped = [escape(text).replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(escaped) + '"}' if escaped else "{}"


def standing(connection: psycopg.Connection, subject: str, purpose: str, now: datetime) -> list[Giving] | None:
    """The subject's givings for a purpose that stand at `now`; None where nobody of that id ever gave anything."""
    givings = all_givings(connection, subject)
    if not givings:
        return None
    return [one for one in givings if one.purpose == purpose and may_end(one, now)]


def all_givings(connection: psycopg.Connection, subject: str) -> list[Giving]:
    """All that a subject ever gave, in the order of their ids."""
    rows = connection.execute(
        "SELECT g.giving, g.subject, g.purpose, g.kind, g.given_at, g.expires_at, e.ended_at"
        " FROM registry.givings g LEFT JOIN registry.endings e USING (subject, giving) WHERE g.subject = %s ORDER BY 1",
        [subject],
    )
    return [Giving(*row) for row in rows]


def erase(connection: psycopg.Connection, subject: str, erasure: UUID, now: datetime, entry: int) -> None:
    """Take away what opens or meets a subject's contacts, in each compartment, and whose the rest is."""
    connection.execute("SELECT registry.erase(%s, %s, %s, %s)", [subject, erasure, now, entry])


def erasures(connection: psycopg.Connection) -> set[UUID]:
    """The ids of the erasures that were made."""
    return {erasure for (erasure,) in connection.execute("SELECT erasure FROM registry.erasures")}


def erased_among(connection: psycopg.Connection, erasures: Sequence[UUID]) -> set[UUID]:
    """Those of these erasures that were made."""
    rows = connection.execute("SELECT erasure FROM registry.erasures WHERE erasure = ANY(%s)", [list(erasures)])
    return {erasure for (erasure,) in rows}


def subject_known_by(connection: psycopg.Connection, pseudonyms: Sequence[UUID]) -> str | None:
    """The subject known by one of these names; None where nobody is."""
    row = connection.execute(
        "SELECT subject FROM registry.pseudonyms WHERE pseudonym = ANY(%s) LIMIT 1", [list(pseudonyms)]
    ).fetchone()
    return row[0] if row else None


def may_end(giving: Giving, now: datetime) -> bool:
    """As `consent.stands`, but one that begins later may end too: should the clock go back, no withdrawal is lost."""
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
