"""Rolls: the givings many matches used, and the people behind them, for a month, an advertiser, a purpose, and all.

A roll names the uploads it is the union of. It helps a question that is about all of them, however old it is; what
it lacks is read from the evidence. So no roll is ever out of date, and each can be thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pyroaring import BitMap

from solely.answer import kept
from solely.answer.known import Known
from solely.answer.sources import Sources
from solely.errors import Tampered
from solely.ledger.entry import Entry
from solely.store.advertising import BLOCK_BITS

__all__ = ["KEEP", "Match", "Rolls", "people", "read_match", "renew", "union", "used_by_each"]

KEEP = 50  # matches that are worth new rolls
_GIVINGS, _PEOPLE = "givings", "people"


@dataclass(frozen=True, slots=True)
class Match:
    """A match as its ledger entry tells of it; `count` is how many givings it used."""

    sequence: int
    at: datetime
    upload: UUID
    advertiser: str
    audience: str
    partner: str | None
    purpose: str
    policy: str
    software: str
    count: int

    @property
    def month(self) -> str:
        """In UTC, as the ledger's time is."""
        return f"{self.at:%Y-%m}"


def read_match(entry: Entry) -> Match:
    """The match that an entry tells of."""
    details = entry.details
    return Match(
        entry.sequence,
        entry.time,
        UUID(str(details["upload"])),
        entry.principal.removeprefix("advertiser "),
        str(details["audience"]),
        str(details["partner"]) if "partner" in details else None,
        entry.purpose or "",
        entry.policy,
        entry.software,
        entry.members.count if entry.members else 0,
    )


@dataclass(frozen=True, slots=True, repr=False)
class Rolls:
    """The rolls there are, largest first: whose union each is, and its file."""

    files: tuple[tuple[frozenset[UUID], kept.Kept], ...]


def read_rolls(folder: Path) -> Rolls:
    """Open all rolls of a folder."""
    opened = (kept.read(path) for path in folder.glob("roll.*") if path.suffix != ".new")
    files = [file for file in opened if file and {_GIVINGS, _PEOPLE} <= file.places.keys()]
    found = [(frozenset(map(UUID, file.head["uploads"])), file) for file in files]
    return Rolls(tuple(sorted(found, key=lambda one: -len(one[0]))))


def used_by_each(sources: Sources, matches: Sequence[Match], asked: BitMap | None = None) -> dict[UUID, BitMap]:
    """By upload, the givings it used, of those that are asked for. Raises Tampered where evidence is missing."""
    found = {match.upload: BitMap() for match in matches}
    for upload, givings in _read(sources, {match.upload: match for match in matches}, asked):
        found[upload] |= givings
    return found


def union(sources: Sources, rolls: Rolls, matches: Sequence[Match], asked: BitMap | None = None) -> BitMap:
    """The givings these matches used, of those that are asked for. Raises Tampered where evidence is missing."""
    files, left = _cover(rolls, matches)
    found = BitMap.union(BitMap(), *(_of(BitMap.deserialize(file.part(_GIVINGS)), asked) for file in files))
    for _, givings in _read(sources, left, asked):
        found |= givings
    return found


def people(
    sources: Sources, known: Known, rolls: Rolls, matches: Sequence[Match], asked: BitMap | None = None
) -> BitMap:
    """The people behind the givings these matches used: those of a union are the union of those of its parts."""
    if asked is not None:
        return known.people(union(sources, rolls, matches, asked))
    files, left = _cover(rolls, matches)
    rest = known.people(union(sources, Rolls(()), list(left.values())))
    return BitMap.union(rest, *(BitMap.deserialize(file.part(_PEOPLE)) for file in files))


def _cover(rolls: Rolls, matches: Sequence[Match]) -> tuple[list[kept.Kept], dict[UUID, Match]]:
    """Rolls of these matches and no other, and the matches that are left, by upload."""
    left = {match.upload: match for match in matches}
    wanted, files = frozenset(left), []
    for uploads, file in rolls.files:
        if uploads <= wanted and not uploads.isdisjoint(left):
            files.append(file)
            left = {upload: match for upload, match in left.items() if upload not in uploads}
    return files, left


def _of(givings: BitMap, asked: BitMap | None) -> BitMap:
    return givings if asked is None else givings & asked


def _read(sources: Sources, left: dict[UUID, Match], asked: BitMap | None) -> Iterator[tuple[UUID, BitMap]]:
    """From the evidence, block by block; only the blocks that what is asked for stands in."""
    if not left or (asked is not None and not asked):
        return
    blocks = None if asked is None else _blocks(asked)
    counts = dict.fromkeys(left, 0)
    jobs = [(match.advertiser, match.upload) for match in left.values()]
    with closing(sources.evidence.reached(jobs, blocks)) as stored:
        for upload, givings in stored:
            counts[upload] += len(givings)
            yield upload, _of(givings, asked)
    for upload, match in left.items():
        if blocks is None and counts[upload] != match.count:
            raise Tampered("the evidence of a use is not what was written down", where=f"ledger entry {match.sequence}")


def _blocks(asked: BitMap) -> list[int]:
    last = asked.max() >> BLOCK_BITS
    return [one for one in range(last + 1) if asked.range_cardinality(one << BLOCK_BITS, (one + 1) << BLOCK_BITS)]


def renew(sources: Sources, known: Known, matches: Sequence[Match], keep: int = KEEP) -> Rolls:
    """The rolls, once those of which `keep` matches are missing in the one of all were made anew. One at a time."""
    rolls = read_rolls(sources.folder)
    every = {match.upload for match in matches}
    rolled = next((uploads for uploads, _ in rolls.files if uploads <= every), frozenset())
    fresh = [match for match in matches if match.upload not in rolled]
    if len(fresh) < keep:
        return rolls
    for name, of_one in _groups(matches).items():
        if any(match.upload not in rolled for match in of_one):
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            head = {"uploads": sorted(str(match.upload) for match in of_one)}
            givings = union(sources, rolls, of_one)
            parts = {_GIVINGS: givings.serialize(), _PEOPLE: known.people(givings).serialize()}
            kept.write(sources.folder / f"roll.{digest}", head, parts)
    return read_rolls(sources.folder)


def _groups(matches: Sequence[Match]) -> dict[str, list[Match]]:
    """By name of a roll, whose union it is; those of one match are not worth it."""
    groups: dict[str, list[Match]] = {}
    for match in matches:
        for name in ("all", f"month {match.month}", f"purpose {match.purpose}", f"advertiser {match.advertiser}"):
            groups.setdefault(name, []).append(match)
    return {name: of_one for name, of_one in groups.items() if len(of_one) > 1}
