"""Rows that are moved from one key to the next, and keys that are destroyed, in the schema of one compartment.

Each act is the compartment's own role's; the functions it calls (0008_keys.sql) let it do no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg import sql

from solely.purpose import HOLDS, Compartment, Kind

__all__ = [
    "FIRST", "Held", "Place", "counts", "destroy", "expect_keys", "key_checks", "move", "move_secret", "note_check",
    "sealed", "secrets", "tokens",
]  # fmt: skip

Place = tuple[UUID, UUID]  # a row's pseudonym and giving (or factor): rows are read in this order
LOCK = "5s"  # that is waited for who is recording under a key to be destroyed
FIRST: Place = (UUID(int=0), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Held:
    """What a row holds under a key: a wrapped key, a sealed secret, or tokens. `kind` is a sealed contact's."""

    pseudonym: UUID
    id: UUID
    number: int
    data: bytes = field(repr=False)
    kind: Kind = "email"

    @property
    def place(self) -> Place:
        return self.pseudonym, self.id


def sealed(
    connection: psycopg.Connection, compartment: Compartment, purpose: str, primary: int, after: Place, most: int
) -> list[Held]:
    """Wrapped keys of a purpose that are under another number than the primary's, after that place."""
    query = sql.SQL(
        "SELECT c.pseudonym, c.giving, c.key_number, w.wrapped, c.kind FROM {} c JOIN {} w USING (pseudonym, giving)"
        " WHERE c.purpose = %s AND c.key_number <> %s AND (c.pseudonym, c.giving) > (%s, %s) ORDER BY 1, 2 LIMIT %s"
    ).format(sql.Identifier(compartment, "contacts"), sql.Identifier(compartment, "wrapped_keys"))
    return [Held(*row) for row in connection.execute(query, [purpose, primary, *after, most], binary=True)]


def tokens(
    connection: psycopg.Connection, compartment: Compartment, purpose: str, primary: int, after: Place, most: int
) -> list[Held]:
    """The same of tokens."""
    query = sql.SQL(
        "SELECT pseudonym, giving, key_number, tokens FROM {} WHERE purpose = %s AND key_number <> %s"
        " AND (pseudonym, giving) > (%s, %s) ORDER BY 1, 2 LIMIT %s"
    ).format(sql.Identifier(compartment, "givings"))
    return [Held(*row) for row in connection.execute(query, [purpose, primary, *after, most], binary=True)]


def secrets(connection: psycopg.Connection, primary: int, after: Place, most: int) -> list[Held]:
    """The same of the secrets of authenticator apps."""
    rows = connection.execute(
        "SELECT pseudonym, factor, key_number, secret FROM security.factors WHERE secret IS NOT NULL"
        " AND key_number <> %s AND (pseudonym, factor) > (%s, %s) ORDER BY 1, 2 LIMIT %s",
        [primary, *after, most],
        binary=True,
    )
    return [Held(*row) for row in rows]


def move(
    connection: psycopg.Connection, compartment: Compartment, purpose: str, new: int, rows: Sequence[Held], old: int
) -> int:
    """Put rows of one purpose under the new number, with what they hold now; returns how many were still as read.

    One that was erased meanwhile stays so.
    """
    query = sql.SQL("SELECT {}(%s, %s, %s, %s::uuid[], %s::uuid[], %s::bytea[])").format(
        sql.Identifier(compartment, "move_keys")
    )
    columns = [one.pseudonym for one in rows], [one.id for one in rows], [one.data for one in rows]
    found = connection.execute(query, [purpose, old, new, *columns]).fetchone()
    return int(found[0]) if found else 0


def move_secret(connection: psycopg.Connection, old: Held, number: int, data: bytes) -> int:
    """Put a secret under the new number; returns whether it was still as read."""
    return connection.execute(
        "UPDATE security.factors SET secret = %s, key_number = %s"
        " WHERE pseudonym = %s AND factor = %s AND key_number = %s AND secret = %s",
        [data, number, old.pseudonym, old.id, old.number, old.data],
    ).rowcount


def counts(connection: psycopg.Connection, compartment: Compartment) -> dict[tuple[str, int], int]:
    """How many rows need each key, by purpose and number: of the one use that its compartment has for keys."""
    if HOLDS[compartment] == "sealed":
        query = "SELECT purpose, key_number, count(*) FROM {} GROUP BY 1, 2"
        found = connection.execute(sql.SQL(query).format(sql.Identifier(compartment, "contacts"))).fetchall()
    else:
        query = "SELECT purpose, key_number, count(*) FROM {} WHERE tokens <> '' GROUP BY 1, 2"
        found = connection.execute(sql.SQL(query).format(sql.Identifier(compartment, "givings"))).fetchall()
    if compartment == "security":
        found += connection.execute(
            "SELECT 'two-factor', key_number, count(*) FROM security.factors WHERE secret IS NOT NULL GROUP BY 2"
        ).fetchall()
    total: dict[tuple[str, int], int] = {}
    for purpose, number, count in found:
        total[purpose, number] = total.get((purpose, number), 0) + count
    return total


def note_check(
    connection: psycopg.Connection, compartment: Compartment, purpose: str, number: int, value: bytes
) -> None:
    """Keep what a key makes of a known value, by which it is known again."""
    query = sql.SQL(
        "INSERT INTO {} AS c (purpose, number, value) VALUES (%s, %s, %s)"
        " ON CONFLICT (purpose, number) DO UPDATE SET value = excluded.value"
    ).format(sql.Identifier(compartment, "key_checks"))
    connection.execute(query, [purpose, number, value])


def key_checks(connection: psycopg.Connection, compartment: Compartment) -> dict[tuple[str, int], bytes]:
    """What each key made of the known value, by purpose and number."""
    query = sql.SQL("SELECT purpose, number, value FROM {}").format(sql.Identifier(compartment, "key_checks"))
    return {(purpose, number): value for purpose, number, value in connection.execute(query)}


def expect_keys(
    connection: psycopg.Connection, compartment: Compartment, purpose: str, use: str, numbers: Sequence[int]
) -> None:
    """Before rows are recorded under keys: from here on nobody destroys one until the transaction ends.

    What the database raises where one was destroyed already, `answering` makes Unavailable.
    """
    query = sql.SQL("SELECT {}(%s, %s, %s)").format(sql.Identifier(compartment, "expect_keys"))
    connection.execute(query, [purpose, use, list(numbers)])


def destroy(connection: psycopg.Connection, compartment: Compartment, purpose: str, use: str, number: int) -> int:
    """Let nothing be recorded under that key again, unless rows need it: returns how many do. In a transaction.

    Whoever is recording ends first, for `LOCK` at most.
    """
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK))
    query = sql.SQL("SELECT {}(%s, %s, %s)").format(sql.Identifier(compartment, "destroy_key"))
    found = connection.execute(query, [purpose, use, number]).fetchone()
    return int(found[0]) if found else 0
