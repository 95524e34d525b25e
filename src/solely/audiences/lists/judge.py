"""Rows to verdicts: the digests of usable cells, and a reason for each row that has none.

A row is usable when one of its cells is. Else its reason is that of its first cell that is not empty;
`empty` means all are. Nothing but the row itself and the list's layout bears on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from solely.audiences.lists.blocks import Block, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.cells import read_cell
from solely.audiences.lists.columns import Layout
from solely.audiences.lists.countries import country_of
from solely.audiences.lists.report import Meaning
from solely.errors import ListError

__all__ = ["Judge", "Reject"]


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
        self._contacts = tuple((c.number - 1, c.meaning) for c in layout.columns if c.meaning in _CONTACTS)
        self._countries = layout.numbers("country")
        self._country, self._bounds = country, bounds

    def judge(self, block: Block) -> tuple[list[bytes], list[Reject]]:
        """The digests (16 bytes each) of a block's usable cells, and its unusable rows."""
        rows = block if isinstance(block, Rows) else _rows(block)
        digests: list[bytes] = []
        rejects: list[Reject] = []
        for line, cells in zip(rows.lines, rows.cells, strict=True):
            self.rows += 1
            reason = self._row(cells, digests)
            if reason:
                rejects.append(Reject(self.rows, line, reason))
        self._count(len(rows.lines), rejects)
        return digests, rejects
