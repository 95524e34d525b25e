"""Rows to verdicts: the digests of usable cells, and a reason for each row that has none.

A row is usable when one of its cells is. Else its reason is that of its first cell that is not empty;
`empty` means all are. Nothing but the row itself and the list's layout bears on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from solely.audiences.lists.blocks import Arrays, Block, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.bulk import sure_rows
from solely.audiences.lists.cells import read_cell
from solely.audiences.lists.columns import Layout
from solely.audiences.lists.countries import country_of
from solely.audiences.lists.refusals import refused
from solely.audiences.lists.report import CONTACTS

__all__ = ["Judge", "Reject"]

_Placed = tuple[int, tuple[int, list[str] | None]]  # a row's place in its block, its line and cells


@dataclass(frozen=True, slots=True)
class Reject:
    """An unusable row: its number among the data rows and its line, both from 1."""

    row: int
    line: int
    reason: str


class Judge:
    """Counts as it judges: `rows`, `usable`, `unusable`."""

    def __init__(self, layout: Layout, country: str | None, bounds: Bounds) -> None:
        """Judge rows of one layout; `country` (ISO 3166 alpha-2) goes for rows that name none."""
        self.rows, self.usable = 0, 0
        self.unusable: Counter[str] = Counter()
        self._contacts = tuple((c.number - 1, c.meaning) for c in layout.columns if c.meaning in CONTACTS)
        self._countries = layout.numbers("country")
        self._country, self._bounds = country, bounds
        self._width = 1 + max(number for number in (*self._countries, *(number for number, _ in self._contacts)))

    def judge(self, block: Block) -> tuple[bytes, list[Reject]]:
        """The digests of a block's usable cells, 16 bytes each, and its unusable rows."""
        digests: list[bytes] = []
        placed = _placed(block) if isinstance(block, Rows) else self._left_over(block, digests)
        rejects = [
            Reject(self.rows + place + 1, line, reason)
            for place, (line, cells) in placed
            if (reason := self._row(cells, digests))
        ]
        self._count(len(block), rejects)
        return b"".join(digests), rejects

    def _count(self, rows: int, rejects: Sequence[Reject]) -> None:
        self.rows += rows
        self.usable += rows - len(rejects)
        self.unusable.update(reject.reason for reject in rejects)
        if self.rows > self._bounds.rows:
            raise refused("over {} rows", self._bounds.rows)

    def _left_over(self, block: Arrays, digests: list[bytes]) -> Iterator[_Placed]:
        """Take what is sure at a glance; yield the rows that are left, to be judged cell by cell."""
        found, left = sure_rows([block.columns[number] for number, _ in self._contacts], block.count, self._bounds.cell)
        digests.append(found)
        columns = [block.columns[n].take(left).to_pylist() if n in block.columns else [] for n in range(self._width)]
        for place, *cells in zip_longest(left.to_pylist(), *columns, fillvalue=""):
            yield place, (block.line + place, cells)

    def _row(self, cells: list[str] | None, digests: list[bytes]) -> str:
        """Add the digests of a row's usable cells; its reason where there are none."""
        if cells is None:
            return "unbalanced-quote"
        country = self._country_of(cells)
        reason, found = "empty", False
        for number, meaning in self._contacts:
            cell = cells[number] if number < len(cells) else ""
            verdict = read_cell(cell, meaning, country) if len(cell) <= self._bounds.cell else "too-long"
            if isinstance(verdict, bytes):
                digests.append(verdict)
                found = True
            elif reason == "empty":
                reason = verdict
        return "" if found else reason

    def _country_of(self, cells: Sequence[str]) -> str | None:
        named = (country_of(cells[number]) for number in self._countries if number < len(cells))
        return next(filter(None, named), self._country)


def _placed(rows: Rows) -> Iterator[_Placed]:
    return enumerate(zip(rows.lines, rows.cells, strict=True))
