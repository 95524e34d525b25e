"""What the caller learns of a list: what each column was taken for, and how many rows are usable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["CONTACTS", "MEANINGS", "By", "Column", "ListReport", "Meaning"]

Meaning = Literal["email", "phone", "country", "identifier", "ignored"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
CONTACTS: tuple[Meaning, ...] = ("email", "phone", "identifier")
By = Literal["header", "content", "caller"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `header` is given only where every word of it is in our own vocabulary: never a data cell."""

    number: int  # from 1
    header: str | None
    meaning: Meaning
    by: By


@dataclass(frozen=True, slots=True)
class ListReport:
    """A list read to its end: `usable` plus the values of `unusable` (reason -> rows) are `rows`."""

    rows: int
    usable: int
    unusable: Mapping[str, int]
    columns: tuple[Column, ...]
    format: str  # csv, xlsx or parquet
    encoding: str  # of the text; empty for XLSX and Parquet
    delimiter: str  # empty for XLSX, Parquet and lists of one column
    header: bool
