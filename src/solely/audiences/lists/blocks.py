"""Some rows of a list on their way to be judged: as records, or as one array a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["Arrays", "Block", "Rows"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Records in order: the line (or sheet row) each starts on, and its cells; None: a quote never closes."""

    lines: list[int]
    cells: list[list[str] | None]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Arrays:
    """`count` rows without a gap from `line` on: columns counted from 0, as Arrow strings without nulls."""

    line: int
    count: int
    columns: Mapping[int, pa.StringArray]

    def __len__(self) -> int:
        return self.count


Block = Rows | Arrays
