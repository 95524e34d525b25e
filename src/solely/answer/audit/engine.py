"""What the audit asks of an engine: to read two tables, to keep what SQL says, and to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pyarrow as pa

from solely.answer.audit.dialect import Dialect
from solely.answer.audit.layout import Layout, Moments
from solely.answer.audit.place import Place

__all__ = ["Engine", "Tell"]

Tell = Callable[[str, float | None], None]  # what is being done, and how much of it, from 0 to 1, where that is known


class Engine(Protocol):
    """DuckDB or Spark. SQL is put together from constants and literals alone."""

    @property
    def dialect(self) -> Dialect: ...

    def load(self, layout: Layout, place: Place, columns: Mapping[str, str], moments: Moments) -> Mapping[str, int]:
        """Make the table `<layout.table>_loaded`, as `cells.loaded` has it; reason -> lines that became no row.

        Raises BadInput, naming place, column and, where the engine knows it, row.
        """

    def loaded(self) -> None:
        """All is read: from here on nothing that the tables hold can make the engine read or write a file."""

    def keep(self, name: str, sql: str, words: str) -> None:
        """Make a table of what the SQL says; `words` are for whoever watches."""

    def view(self, name: str, sql: str) -> None: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows in order, some thousands at a time: they are never in memory all at once."""
