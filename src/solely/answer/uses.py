"""My uses: all that was done with one person's contacts, and nothing of what was done with another's.

1  what they gave, and how each giving ended
2  the entries about it: those of the givings and their ends (registry), of matches (advertising's evidence), of what
   was opened, sent or refused (the ids kept beside an entry), of disclosures (the numbers kept beside one)
3  each entry read back from the ledger, with its MAC

Advertising is asked by the numbers of this person's advertising givings, and learns of no other giving.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from solely.answer.sources import Sources
from solely.errors import NotFound, Tampered
from solely.ledger.entry import Entry
from solely.store import registry

__all__ = ["Act", "Place", "Uses", "uses", "uses_after", "uses_in"]

Member = int | bytes  # a number, or an id of 16 bytes
Place = tuple[int, int]  # of an act: its entry, and which it is of those that the entry has about the person, from 0


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done, which a ledger entry speaks of: when, what, for what purpose, by whom, through which giving.

    `giving` is None where it was about the person and no giving (an officer's reset, a list that was disclosed).
    `member` is what the entry commits to of this person. `details` are the entry's: advertiser's audience, partner.
    """

    sequence: int
    at: datetime
    what: str
    purpose: str | None
    by: str
    giving: UUID | None
    member: Member
    details: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Uses:
    """What a person gave, oldest first, and what was done with it, in the order of the ledger."""

    subject: str
    givings: tuple[registry.Held, ...]
    acts: tuple[Act, ...]


class _Found(NamedTuple):
    """An entry that commits to `member`, through a giving or none.

    `advertiser`: whose match it is, where it is one; an entry that names the same upload and is none is another matter.
    """

    sequence: int
    giving: UUID | None
    member: Member
    advertiser: str | None = None


def uses(sources: Sources, subject: str) -> Uses:
    """All about a subject. Raises NotFound for who never gave anything, Tampered where the ledger was changed."""
    givings, found = _found(sources, subject)
    return Uses(subject, tuple(givings), tuple(act for _, act in _acts(sources, found)))


def uses_after(sources: Sources, subject: str, after: Place, most: int) -> list[tuple[Place, Act]]:
    """So many acts about a subject after that place, each with its own; no more entries are read. See `uses`."""
    _, found = _found(sources, subject)
    left, acts = [one for one in found if one[0] > after], list[tuple[Place, Act]]()
    while left and (room := most - len(acts)) > 0:
        acts += _acts(sources, left[:room])
        left = left[room:]
    return acts


def uses_in(sources: Sources, subject: str, sequence: int) -> list[Act]:
    """The acts about a subject that one entry speaks of. Raises NotFound where it speaks of none."""
    _, found = _found(sources, subject)
    acts = [act for _, act in _acts(sources, [one for one in found if one[1].sequence == sequence])]
    if not acts:
        raise NotFound("that entry speaks of nothing of theirs", where="entry", cure="list their uses first")
    return acts


def _found(sources: Sources, subject: str) -> tuple[list[registry.Held], list[tuple[Place, _Found]]]:
    """What a subject gave, and the entries about it in the order of the ledger, each with its place."""
    givings = registry.held(sources.registry, subject)
    pseudonyms = registry.pseudonyms(sources.registry, subject)
    if not givings and not pseudonyms:
        raise NotFound("no subject of that id gave anything", cure="use the id the giving was recorded under")
    found = [*_of_givings(givings), *_kept(sources, givings, pseudonyms)]
    if "advertising" in pseudonyms:
        found += _of_advertising(sources, pseudonyms["advertising"])
    found.sort(key=lambda one: (one.sequence, str(one.giving), one.advertiser or ""))
    return givings, [
        ((sequence, again), one)
        for sequence, same in groupby(found, key=lambda one: one.sequence)
        for again, one in enumerate(same)
    ]


def _acts(sources: Sources, found: Sequence[tuple[Place, _Found]]) -> list[tuple[Place, Act]]:
    """What these entries say, each at its place, but for those that are no match of that advertiser."""
    read = sources.entries.read({one.sequence for _, one in found}) if found else {}
    acts = []
    for place, one in found:
        entry = read.get(one.sequence)
        if entry is None:
            raise Tampered("an entry is missing", where=f"ledger entry {one.sequence}")
        if one.advertiser is None or (entry.type, entry.principal) == ("use", f"advertiser {one.advertiser}"):
            acts.append((place, _act(one, entry)))
    return acts


def _of_givings(givings: list[registry.Held]) -> Iterator[_Found]:
    for one in givings:
        yield _Found(one.entry, one.giving, one.giving.bytes)
        if one.ending is not None:
            yield _Found(one.ending, one.giving, one.giving.bytes)


def _kept(sources: Sources, givings: list[registry.Held], pseudonyms: Mapping[str, UUID]) -> Iterator[_Found]:
    """By the ids that are kept beside entries: of givings that were used, and of the person in a compartment."""
    mine = {one.giving for one in givings}
    for sequence, places in sources.entries.about([*mine, *pseudonyms.values()]).items():
        for _, id_ in places:
            yield _Found(sequence, id_ if id_ in mine else None, id_.bytes)


def _of_advertising(sources: Sources, pseudonym: UUID) -> Iterator[_Found]:
    numbers = {number: giving for giving, number in sources.evidence.numbers_of(pseudonym).items()}
    through = sources.evidence.through(numbers) if numbers else {}
    for sequence, upload in sources.entries.naming(through) if through else ():
        for advertiser, number in through[upload]:
            yield _Found(sequence, numbers[number], number, advertiser)
    member = sources.evidence.member_of(pseudonym)
    if member is not None:
        for sequence in sources.entries.kept_with(member):
            yield _Found(sequence, None, member)


def _act(found: _Found, entry: Entry) -> Act:
    return Act(
        entry.sequence,
        entry.time,
        entry.type,
        entry.purpose,
        entry.principal,
        found.giving,
        found.member,
        entry.details,
    )
