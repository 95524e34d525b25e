"""The evidence of matches, as the answers read it, with the role `advertising`: by upload, by giving, by person.

A giving is a number here, and a person the lowest number of their givings.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from pyroaring import BitMap

from solely.store import advertising
from solely.store.advertising import BLOCK_BITS

__all__ = ["Evidence", "Job", "Known", "Person"]

Job = tuple[str, UUID]  # an advertiser's upload
_MANY = 20_000  # rows at a time
_SOME = 100  # of them, where each has a bitmap


class Known(NamedTuple):
    """A giving by its number and id, and the lowest number of a giving by the same person."""

    number: int
    giving: UUID
    first: int


class Person(NamedTuple):
    """A person by the lowest number of their givings, their member number and their pseudonym here."""

    first: int
    member: int
    pseudonym: UUID


class Evidence:
    """The evidence, by a connection as the role `advertising` that is in no transaction."""

    __slots__ = ("connection",)

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def reached(self, jobs: Sequence[Job], blocks: Iterable[int] | None = None) -> Generator[tuple[UUID, BitMap]]:
        """Of each upload, block by block, the givings it reached someone through; of these blocks, or of all."""
        among = None if blocks is None else list(blocks)
        advertisers, uploads = [one for one, _ in jobs], [one for _, one in jobs]
        with self.connection.transaction(), self.connection.cursor(name="evidence", binary=True) as cursor:
            cursor.itersize = 20
            cursor.execute(
                "SELECT e.upload, e.givings FROM unnest(%s::text[], %s::uuid[]) AS j (advertiser, upload)"
                " JOIN advertising.evidence e USING (advertiser, upload)"
                " WHERE %s::integer[] IS NULL OR e.block = ANY(%s::integer[])",
                [advertisers, uploads, among, among],
            )
            for upload, givings in cursor:
                yield upload, BitMap.deserialize(givings)

    def givings_of(self, job: Job) -> npt.NDArray[np.uint64]:
        """All giving numbers of an upload, ascending: what its ledger entry commits to."""
        rows = self.connection.execute(
            "SELECT givings FROM advertising.evidence WHERE advertiser = %s AND upload = %s ORDER BY block",
            [*job],
            binary=True,
        )
        parts = [np.array(BitMap.deserialize(one).to_array(), np.uint64) for (one,) in rows]
        return np.concatenate([np.empty(0, np.uint64), *parts])

    def through(self, numbers: Iterable[int]) -> dict[UUID, list[tuple[str, int]]]:
        """By upload that used any of these givings: the advertiser, and each of the numbers used."""
        wanted = BitMap(numbers)
        found: dict[UUID, list[tuple[str, int]]] = {}
        rows = self.connection.cursor(binary=True).stream(
            "SELECT advertiser, upload, givings FROM advertising.evidence WHERE block = ANY(%s)",
            [sorted({number >> BLOCK_BITS for number in wanted})],
            size=_SOME,
        )
        for advertiser, upload, givings in rows:
            for number in BitMap.deserialize(givings) & wanted:
                found.setdefault(upload, []).append((advertiser, number))
        return found

    def numbers_of(self, pseudonym: UUID) -> dict[UUID, int]:
        """The givings of a person, each with its number."""
        rows = self.connection.execute(
            "SELECT giving, number FROM advertising.givings WHERE pseudonym = %s", [pseudonym]
        )
        return dict(rows.fetchall())

    def numbers_among(self, givings: Sequence[tuple[UUID, UUID]]) -> list[int]:
        """The numbers of givings that are named by pseudonym and id."""
        rows = self.connection.execute(
            "SELECT g.number FROM unnest(%s::uuid[], %s::uuid[]) AS a (pseudonym, giving)"
            " JOIN advertising.givings g USING (pseudonym, giving)",
            [[pseudonym for pseudonym, _ in givings], [giving for _, giving in givings]],
        )
        return [number for (number,) in rows]

    def member_of(self, pseudonym: UUID) -> int | None:
        """A person's member number; None for who has none, and so was in no match."""
        row = self.connection.execute(
            "SELECT number FROM advertising.members WHERE pseudonym = %s", [pseudonym]
        ).fetchone()
        return None if row is None else int(row[0])

    def givings_after(self, above: int) -> Iterator[list[Known]]:
        """The givings with numbers over `above`, in order, in batches."""
        with self.connection.transaction(), self.connection.cursor(name="givings", binary=True) as cursor:
            cursor.execute(
                "SELECT g.number, g.giving, p.first FROM advertising.givings g, LATERAL"
                " (SELECT min(number) AS first FROM advertising.givings o WHERE o.pseudonym = g.pseudonym) AS p"
                " WHERE g.number > %s ORDER BY g.number",
                [above],
            )
            while rows := cursor.fetchmany(_MANY):
                yield [Known(*row) for row in rows]

    def firsts_of(self, pseudonyms: Sequence[UUID]) -> dict[UUID, int]:
        """By pseudonym, the lowest number of the person's givings; nobody without one."""
        rows = self.connection.execute(
            "SELECT pseudonym, min(number) FROM advertising.givings WHERE pseudonym = ANY(%s) GROUP BY 1",
            [list(pseudonyms)],
        )
        return dict(rows.fetchall())

    def persons(self, firsts: Sequence[int]) -> list[Person]:
        """Who is behind these lowest numbers, in the order of their member numbers."""
        rows = self.connection.execute(
            "SELECT g.number, m.number, g.pseudonym FROM advertising.givings g"
            " JOIN advertising.members m USING (pseudonym) WHERE g.number = ANY(%s) ORDER BY m.number",
            [list(firsts)],
        )
        return [Person(*row) for row in rows]

    def giving_mark(self, number: int) -> str:
        """What tells the giving of that number from any other; empty where there is none."""
        return advertising.giving_mark(self.connection, number)

    def pseudonyms_of(self, members: BitMap) -> list[UUID]:
        """The pseudonyms behind member numbers; only the registry knows whose they are."""
        return advertising.pseudonyms_of(self.connection, members)
