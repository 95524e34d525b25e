"""Who was affected, in pieces: each can be written down before it is told, and no list is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import numpy as np
from pyroaring import BitMap

from solely.answer.affected import Affected
from solely.answer.known import numbers_of
from solely.ledger.members import Ids
from solely.store import registry

__all__ = ["Piece", "Place", "Row", "page", "pieces"]

PIECE = 1 << 18  # people at most
_FIRST = UUID(int=0)  # before every giving


class Row(NamedTuple):
    """A subject, and the countries that are known of their givings in question; empty where none is."""

    subject: str
    country: str


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """Some of the affected: what an entry commits to before `rows` are told."""

    ids: Ids
    rows: tuple[Row, ...]


def pieces(affected: Affected, size: int = PIECE) -> Iterator[Piece]:
    """The affected, each once: first whom matches met, committed to by member number, then the others, by a giving.

    Whom the registry forgot, who was erased, is counted and can't be named.
    """
    countries = affected.countries
    last = affected.met.max() if affected.met else -1
    for start in range(0, last + 1, size):
        if part := affected.met & BitMap(range(start, start + size)):
            yield _met(affected, part, countries)
    others = sorted(affected.only_elsewhere().items(), key=lambda one: one[1])
    for start in range(0, len(others), size):
        yield _other(affected, others[start : start + size])


Place = int | UUID  # from that member number on, or after that giving: first members, then the others


def page(affected: Affected, place: Place, size: int) -> tuple[Piece, Place | None]:
    """So many of the affected from a place on (0: from the first), in the order of `pieces`; and the next place.

    None where that is all. The same question has to be asked of the same uses: one that ends (`until`).
    """
    others = sorted(affected.only_elsewhere().items(), key=lambda one: one[1])
    if isinstance(place, int):
        some = BitMap(islice(affected.met.iter_equal_or_larger(place), size))
        if len(some) == size:
            return _met(affected, some, affected.countries), some.max() + 1
        if some:
            return _met(affected, some, affected.countries), _FIRST if others else None
    after = [one for one in others if isinstance(place, int) or one[1] > place]
    return _other(affected, after[:size]), after[size - 1][1] if len(after) > size else None


def _other(affected: Affected, some: Sequence[tuple[str, UUID]]) -> Piece:
    ids = np.frombuffer(b"".join(giving.bytes for _, giving in some), np.uint8).reshape(-1, 16)
    rows = (Row(subject, " ".join(sorted(affected.elsewhere[subject].countries))) for subject, _ in some)
    return Piece(ids, tuple(rows))


def _met(affected: Affected, part: BitMap, countries: dict[str, BitMap]) -> Piece:
    sources = affected.sources
    persons = sources.evidence.persons(numbers_of(part).tolist())
    subjects = registry.subjects(sources.registry, "advertising", [one.pseudonym for one in persons])
    named = [(one.member, subjects[one.pseudonym], one.first) for one in persons if one.pseudonym in subjects]
    here = {name: met & part for name, met in countries.items()}
    rows = (Row(subject, " ".join(name for name, met in here.items() if first in met)) for _, subject, first in named)
    return Piece(np.array([member for member, *_ in named], np.uint64), tuple(rows))
