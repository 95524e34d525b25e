"""What is known of each giving of advertising by its number: whose it is, its notice, its country, its import.

Numbers are given in order and never twice, so what is kept here is complete up to a number, and what came after is
read each time. The file says which giving that number was: one made from another database (a restored one, say) is
made anew. A person is the lowest number of their givings.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from solely.answer import kept
from solely.answer.kept import Kept
from solely.answer.sources import Sources
from solely.store import evidence, registry

__all__ = ["KEEP", "LATER", "Known", "bitmap_of", "country_fact", "import_fact", "known", "notice_fact", "numbers_of"]

KEEP = 20_000  # givings that are worth writing the files again
LATER = "later"  # the fact that the same person had a giving before
_COUNTRY = "country "

Numbers = npt.NDArray[np.uint32]


def numbers_of(bitmap: BitMap) -> Numbers:
    """What is in a bitmap, ascending."""
    return np.frombuffer(bitmap.to_array(), np.uint32) if bitmap else np.empty(0, np.uint32)


def bitmap_of(numbers: Numbers) -> BitMap:
    """The bitmap of some numbers."""
    return BitMap(array("I", numbers.astype(np.uint32, copy=False).tobytes()))


def notice_fact(name: str, digest: bytes) -> str:
    """The fact that a giving was under a notice, PURPOSE/VERSION: versions with the same words are one."""
    return f"notice {name.partition('/')[0]} {digest.hex()}"


def import_fact(name: str) -> str:
    return f"import {name}"


def country_fact(name: str) -> str:
    return f"{_COUNTRY}{name}"


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """Two layers: what is kept in files, and what came since. `first` has at a number the lowest of that person."""

    kept: Kept | None
    kept_first: Numbers
    since: Mapping[str, BitMap]
    since_first: Numbers

    def fact(self, name: str) -> BitMap:
        """The givings of which this is so."""
        part = self.kept.part(name) if self.kept else b""
        found = BitMap.deserialize(part) if part else BitMap()
        return found | self.since[name] if name in self.since else found

    def facts(self) -> set[str]:
        """The names of all facts."""
        return {*self.since, *(self.kept.places if self.kept else ())}

    def countries(self) -> list[str]:
        """The countries that are known of any giving, in order."""
        return sorted(name.removeprefix(_COUNTRY) for name in self.facts() if name.startswith(_COUNTRY))

    def people(self, givings: BitMap) -> BitMap:
        """The people behind these givings."""
        later = givings & self.fact(LATER)
        if not later:
            return givings
        numbers, base = numbers_of(later), len(self.kept_first)
        split = int(np.searchsorted(numbers, base))
        firsts = np.concatenate((self.kept_first[numbers[:split]], self.since_first[numbers[split:] - base]))
        return (givings - later) | bitmap_of(np.sort(firsts))


def known(sources: Sources, keep: int = KEEP) -> Known:
    """What is known up to now; the files are written anew once `keep` more were given. One at a time."""
    found = _read(sources)
    found = _with_since(sources, found)
    if len(found.since_first) >= keep:
        _write(sources, found)
        found = _read(sources)
    return found


def _read(sources: Sources) -> Known:
    """What is kept, if it is of this database; else of number 0 alone, which is nobody's."""
    file, first = kept.read(sources.folder / "givings"), sources.folder / "first"
    if file:
        count, mark = file.head["count"], file.head["mark"]
        whole = first.exists() and first.stat().st_size >= 4 * count
        if whole and sources.evidence.giving_mark(count - 1) == mark:
            return Known(file, np.memmap(first, "<u4", "r", shape=(count,)), {}, np.empty(0, np.uint32))
    return Known(None, np.zeros(1, np.uint32), {}, np.empty(0, np.uint32))


def _with_since(sources: Sources, found: Known) -> Known:
    """With what was given since: asked of advertising by number, then of the registry by id."""
    base = len(found.kept_first)
    imports: dict[int, list[str]] = {}
    for name, entries in registry.imported(sources.registry).items():
        for entry in entries:
            imports.setdefault(entry, []).append(name)
    facts: dict[str, BitMap] = {}
    firsts = [np.empty(0, np.uint32)]
    for batch in sources.evidence.givings_after(base - 1):
        about = registry.about(sources.registry, [one.giving for one in batch])
        named: dict[str, list[int]] = {}
        for one in batch:
            for name in _facts(one, about.get(one.giving), imports):
                named.setdefault(name, []).append(one.number)
        for name, numbers in named.items():
            facts.setdefault(name, BitMap()).update(numbers)
        start = base + sum(map(len, firsts))
        column = np.zeros(batch[-1].number + 1 - start, np.uint32)  # a number that was never used stays 0
        column[np.array([one.number for one in batch]) - start] = [one.first for one in batch]
        firsts.append(column)
    return Known(found.kept, found.kept_first, facts, np.concatenate(firsts))


def _facts(one: evidence.Known, about: registry.About | None, imports: Mapping[int, list[str]]) -> list[str]:
    """What is so of a giving; of one that the registry forgot, only whose it is."""
    later = [LATER] if one.first != one.number else []
    if about is None:
        return later
    country = [country_fact(about.country)] if about.country else []
    names = map(import_fact, imports.get(about.entry, ()))
    return [*later, notice_fact(about.purpose, about.notice), *country, *names]


def _write(sources: Sources, found: Known) -> None:
    """First whose each giving is, behind what is there, then the file that says how far that goes."""
    base = len(found.kept_first) if found.kept else 0
    path: Path = sources.folder / "first"
    if not base:
        path.unlink(missing_ok=True)  # who reads the old one goes on reading it
    with path.open("r+b" if base else "wb") as file:
        file.truncate(4 * base)  # what one who was killed wrote
        file.seek(4 * base)
        file.write((found.since_first if base else np.concatenate((found.kept_first, found.since_first))).tobytes())
        file.flush()
        os.fsync(file.fileno())
    count = len(found.kept_first) + len(found.since_first)
    head = {"count": count, "mark": sources.evidence.giving_mark(count - 1)}
    kept.write(sources.folder / "givings", head, {name: found.fact(name).serialize() for name in sorted(found.facts())})
