"""What the officer's answers read of the ledger and of advertising, over links. Both ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap
from typing_extensions import override

from solely.ledger.entry import Entry
from solely.ledger.members import Ids
from solely.links.client import LONG, Links
from solely.links.server import Answers
from solely.store.entries import Committed, Entries
from solely.store.evidence import Evidence, Job, Known, Person
from solely.store.ledger import Concern

__all__ = ["FarEntries", "FarEvidence", "answer_entries", "answer_evidence"]

_MANY = 500  # entries of one frame


class FarEntries(Entries):
    """The ledger's entries, read where they are."""

    __slots__ = ("_links",)

    def __init__(self, links: Links) -> None:
        self._links = links

    def _ask(self, name: str, *args: Any) -> Any:
        return self._links.call("ledger", f"entries.{name}", *args, wait=LONG)

    @override
    def bodies(self, sequences: Iterable[int]) -> list[bytes]:
        return list(self._ask("bodies", list(sequences)))

    @override
    def match_bodies(self) -> list[bytes]:
        return [one for some in self._links.stream("ledger", "entries.match-bodies") for one in some]

    @override
    def naming(self, uploads: Iterable[UUID]) -> list[tuple[int, UUID]]:
        return [(sequence, upload) for sequence, upload in self._ask("naming", list(uploads))]

    @override
    def first_since(self, moment: datetime) -> int:
        return int(self._ask("first-since", moment))

    @override
    def of_givings(self, first: int, end: int | None) -> Generator[tuple[Entry, list[UUID]]]:
        yield from self._links.stream("ledger", "entries.of-givings", first, end)

    @override
    def about(self, ids: Sequence[UUID]) -> dict[int, list[tuple[int, UUID]]]:
        found: dict[int, list[tuple[int, UUID]]] = self._ask("about", list(ids))
        return found

    @override
    def kept_with(self, number: int) -> Iterator[int]:
        yield from self._links.stream("ledger", "entries.kept-with", number)

    @override
    def committed(self, sequence: int) -> Committed:
        found: Committed = self._ask("committed", sequence)
        return found

    @override
    def kept(self, sequence: int) -> Ids:
        found: Ids = self._ask("kept", sequence)
        return found

    @override
    def stops(self) -> list[tuple[Concern, str, datetime]]:
        found: list[tuple[Concern, str, datetime]] = self._ask("stops")
        return found


def answer_entries(entries: Callable[[], Entries]) -> Answers:
    """What the ledger's process answers; the entries are opened when they are first asked for."""
    return {
        "entries.bodies": lambda sequences: entries().bodies(sequences),
        "entries.match-bodies": lambda: _in_parts(entries().match_bodies()),
        "entries.naming": lambda uploads: entries().naming(uploads),
        "entries.first-since": lambda moment: entries().first_since(moment),
        "entries.of-givings": lambda first, end: entries().of_givings(first, end),
        "entries.about": lambda ids: entries().about(ids),
        "entries.kept-with": lambda number: entries().kept_with(number),
        "entries.committed": lambda sequence: entries().committed(sequence),
        "entries.kept": lambda sequence: entries().kept(sequence),
        "entries.stops": lambda: entries().stops(),
    }


def _in_parts(found: Sequence[bytes]) -> Generator[Sequence[bytes]]:
    """All of them, in frames that are neither many nor large."""
    for first in range(0, len(found), _MANY):
        yield found[first : first + _MANY]


class FarEvidence(Evidence):
    """The evidence of matches, read where it is."""

    __slots__ = ("_links",)

    def __init__(self, links: Links) -> None:
        self._links = links

    def _ask(self, name: str, *args: Any) -> Any:
        return self._links.call("advertising", f"evidence.{name}", *args, wait=LONG)

    @override
    def reached(self, jobs: Sequence[Job], blocks: Iterable[int] | None = None) -> Generator[tuple[UUID, BitMap]]:
        among = None if blocks is None else list(blocks)
        yield from self._links.stream("advertising", "evidence.reached", [list(job) for job in jobs], among)

    @override
    def givings_of(self, job: Job) -> npt.NDArray[np.uint64]:
        found: npt.NDArray[np.uint64] = self._ask("givings-of", list(job))
        return found

    @override
    def through(self, numbers: Iterable[int]) -> dict[UUID, list[tuple[str, int]]]:
        found: dict[UUID, list[tuple[str, int]]] = self._ask("through", list(numbers))
        return found

    @override
    def numbers_of(self, pseudonym: UUID) -> dict[UUID, int]:
        found: dict[UUID, int] = self._ask("numbers-of", pseudonym)
        return found

    @override
    def numbers_among(self, givings: Sequence[tuple[UUID, UUID]]) -> list[int]:
        return list(self._ask("numbers-among", [list(one) for one in givings]))

    @override
    def member_of(self, pseudonym: UUID) -> int | None:
        found: int | None = self._ask("member-of", pseudonym)
        return found

    @override
    def givings_after(self, above: int) -> Iterator[list[Known]]:
        yield from self._links.stream("advertising", "evidence.givings-after", above)

    @override
    def firsts_of(self, pseudonyms: Sequence[UUID]) -> dict[UUID, int]:
        found: dict[UUID, int] = self._ask("firsts-of", list(pseudonyms))
        return found

    @override
    def persons(self, firsts: Sequence[int]) -> list[Person]:
        return list(self._ask("persons", list(firsts)))

    @override
    def giving_mark(self, number: int) -> str:
        return str(self._ask("giving-mark", number))

    @override
    def pseudonyms_of(self, members: BitMap) -> list[UUID]:
        return list(self._ask("pseudonyms-of", members))


def answer_evidence(evidence: Callable[[], Evidence]) -> Answers:
    """What the process of advertising answers; the evidence is opened when it is first asked for."""
    return {
        "evidence.reached": lambda jobs, blocks: evidence().reached(jobs, blocks),
        "evidence.givings-of": lambda job: evidence().givings_of(job),
        "evidence.through": lambda numbers: evidence().through(numbers),
        "evidence.numbers-of": lambda pseudonym: evidence().numbers_of(pseudonym),
        "evidence.numbers-among": lambda givings: evidence().numbers_among(givings),
        "evidence.member-of": lambda pseudonym: evidence().member_of(pseudonym),
        "evidence.givings-after": lambda above: evidence().givings_after(above),
        "evidence.firsts-of": lambda pseudonyms: evidence().firsts_of(pseudonyms),
        "evidence.persons": lambda firsts: evidence().persons(firsts),
        "evidence.giving-mark": lambda number: evidence().giving_mark(number),
        "evidence.pseudonyms-of": lambda members: evidence().pseudonyms_of(members),
    }
