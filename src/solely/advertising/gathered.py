"""What the valid uploads of one audience reached, put together, and kept right by what is new alone.

A person is a member while one of their givings that reached them stands: see `audience.effective`, which says the same
of all uploads read anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from pyroaring import BitMap

from solely.audiences.audience import reached
from solely.store.advertising import Upload

__all__ = ["Gathered", "Part"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The givings through which an audience's uploads by one partner, or by none, reached someone."""

    audience: str
    partner: str | None
    givings: BitMap = field(default_factory=BitMap)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """An audience: its uploads, by partner the givings they reached someone through, whom they reach now."""

    advertiser: str
    audience: str
    uploads: set[UUID] = field(default_factory=set)
    parts: dict[str | None, Part] = field(default_factory=dict)
    members: BitMap = field(default_factory=BitMap)

    def add(self, upload: Upload, partner: str | None, ended: BitMap) -> None:
        """One upload more; `ended`: the givings that stand no longer."""
        part = self.parts.setdefault(partner, Part(self.audience, partner))
        part.givings.update(array("I", upload.givings.tobytes()))
        self.members.update(reached(upload, ended))
        self.uploads.add(upload.id)

    def through(self, givings: BitMap) -> list[tuple[Part, BitMap]]:
        """Which of these givings reached someone, part by part."""
        return [(part, found) for part in self.parts.values() if (found := part.givings & givings)]

    def leave(self, beside: Iterable[tuple[int, int]], ended: BitMap) -> None:
        """Some givings ended: of those they were of, each member with each of their givings, some reach nobody now."""
        of: dict[int, BitMap] = {}
        for member, giving in beside:
            of.setdefault(member, BitMap()).add(giving)
        for member, givings in of.items():
            if not self.through(givings - ended):
                self.members.discard(member)
