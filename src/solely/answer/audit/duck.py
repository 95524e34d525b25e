"""The audit on one machine: DuckDB, bounded in memory, spilling to a directory of its own.

- Only the two tables are read; then access to files is closed and the configuration locked.
- A cell is text until a rule reads it. A line that can't be told into cells is counted, never guessed at.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from solely.answer.audit import cells
from solely.answer.audit.dialect import DUCKDB, DUCKDB_FUNCTIONS, Dialect
from solely.answer.audit.engine import Tell
from solely.answer.audit.files import count_lines, file_source
from solely.answer.audit.layout import Column, Columns, Layout, Moments, choose
from solely.answer.audit.place import Files, Place, Remote
from solely.answer.audit.postgres import Snapshots
from solely.errors import BadInput, Unavailable

__all__ = ["Duck", "add_functions", "duck"]

_OF_DUCKDB = 0.75  # of the memory; the rest is Python's, Arrow's, and what DuckDB does not count
_WATCH = 0.25  # seconds
_BATCH = 50_000
_MALFORMED = {
    "MISSING COLUMNS": "too-few-cells",
    "TOO MANY COLUMNS": "too-many-cells",
    "UNQUOTED VALUE": "bad-quotes",
    "INVALID ENCODING": "not-utf-8",
    "LINE SIZE OVER MAXIMUM": "line-too-long",
}
_BOUND = "the audit met a bound of memory or disk"
_BOUND_CURE = "give the audit more memory, or a temporary directory with more room"


@contextmanager
def duck(memory_bytes: int, temp: Path, threads: int, tell: Tell) -> Iterator[Duck]:
    """DuckDB with a scratch database in `temp`. Raises Unavailable where a bound is met."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{int(memory_bytes * _OF_DUCKDB)}B",
        "temp_directory": f"{temp}/spill",
        "threads": threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(f"{temp}/audit.duckdb", config=settings) as connection, Snapshots() as snapshots:
        for setting in ("TimeZone = 'UTC'", "enable_progress_bar = true", "enable_progress_bar_print = false"):
            connection.execute(f"SET {setting}")
        add_functions(connection)
        try:
            yield Duck(connection, snapshots, tell)
        except (duckdb.OutOfMemoryException, duckdb.IOException):
            raise Unavailable(_BOUND, cure=_BOUND_CURE) from None


def add_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """What the audit's SQL asks of an engine."""
    connection.create_function("sha512_of", _sha512, ["VARCHAR"], "VARCHAR")
    connection.create_function("read_domain", cells.read_domain, ["VARCHAR"], "VARCHAR")
    connection.create_function("read_slowly", cells.read_slowly, ["VARCHAR", "VARCHAR"], "VARCHAR")
    for macro in DUCKDB_FUNCTIONS:
        connection.execute(macro)


def _sha512(text: str) -> str:
    return hashlib.sha512(text.encode()).hexdigest()


class Duck:
    """An engine; see `Engine`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, snapshots: Snapshots, tell: Tell) -> None:
        self._connection, self._snapshots, self._tell = connection, snapshots, tell

    @property
    def dialect(self) -> Dialect:
        return DUCKDB

    def load(self, layout: Layout, place: Place, columns: Mapping[str, str], moments: Moments) -> Mapping[str, int]:
        if isinstance(place, Remote):
            raise BadInput(
                "only Spark reads there", where=place.name, cure="copy the files here, or use --engine spark"
            )
        if isinstance(place, Files):
            source = file_source(place, layout.table)
            sql, breaks = source.sql, f", {source.breaks} AS breaks" if source.breaks else ""
            found = self._columns(sql, source.columns, place.name)
        else:
            self._connection.register("arriving", self._snapshots.reader(place))
            sql, breaks = "arriving", ""
            found = self._columns(sql, None, place.name)
        chosen = choose(layout, found, columns, place.name)
        select = layout.select(chosen, DUCKDB, moments)
        self._load(layout, cells.loaded(layout, select, sql, DUCKDB, breaks), place)
        self._check_moments(layout, place, columns)
        if isinstance(place, Files) and not place.parquet:
            return self._malformed(layout.table, place)
        return {}

    def loaded(self) -> None:
        self._snapshots.close()
        for setting in ("preserve_insertion_order", "enable_external_access"):
            self._connection.execute(f"SET {setting} = false")
        self._connection.execute("SET lock_configuration = true")

    def keep(self, name: str, sql: str, words: str) -> None:
        self._run(f"CREATE TABLE {name} AS {sql}", words)

    def view(self, name: str, sql: str) -> None:
        self._connection.execute(f"CREATE VIEW {name} AS {sql}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        reader: pa.RecordBatchReader = self._connection.sql(sql).to_arrow_reader(_BATCH)
        yield from reader

    def _run(self, statement: str, words: str) -> None:
        """Execute, and tell how far it is while it takes its time."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_WATCH):
                percent = self._connection.query_progress()
                self._tell(words, percent / 100 if percent > 0 else None)

        watcher = threading.Thread(target=watch, daemon=True)
        self._tell(words, None)
        watcher.start()
        try:
            self._connection.execute(statement)
        finally:
            done.set()
            watcher.join()

    def _load(self, layout: Layout, sql: str, place: Place) -> None:
        try:
            self._run(f"CREATE TABLE {layout.table}_loaded AS {sql}", f"reading the {layout.table}")
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:  # its message would show cells
            cure = "export it whole, as CSV in UTF-8 or Parquet; the temporary directory must have room for it"
            raise BadInput("can't be read as a table", where=place.name, cure=cure) from None

    def _columns(self, source: str, names: Mapping[str, str] | None, where: str) -> Columns:
        """The columns of a source by its names, or by those of `names` where the source numbers them."""
        try:
            described = self.rows(f"DESCRIBE SELECT * FROM {source}")  # noqa: S608 - paths are quoted
        except duckdb.Error:
            raise BadInput("can't be read as a table", where=where, cure="check the path and the format") from None
        if names is not None:
            return {name: Column(sql) for name, sql in names.items()}
        return {row[0]: Column(DUCKDB.name(row[0]), _typed(row[1])) for row in described}

    def _check_moments(self, layout: Layout, place: Place, mapping: Mapping[str, str]) -> None:
        for name, ours in layout.moments.items():
            found = self.rows(
                f"SELECT min(rowid) + 1 FROM {layout.table}_loaded WHERE {ours} IS NULL AND lane <> '!blank'"  # noqa: S608 - our own names
            )
            if found[0][0] is not None:
                where = f"{place.name}, column {mapping.get(name, name)}, readable row {found[0][0]}"
                raise _no_moment(where)

    def _malformed(self, table: str, place: Files) -> dict[str, int]:
        """Reason -> lines that became no row. Every line is accounted for: one open quote can swallow the rest."""
        rejected = self.rows(
            "SELECT reason, count(*) FROM (SELECT min(error_type::VARCHAR) AS reason"  # noqa: S608 - our own names
            f" FROM {table}_rejects GROUP BY file_id, line) GROUP BY 1 ORDER BY 1",
        )
        counts = Counter({_MALFORMED.get(kind, "malformed"): count for kind, count in rejected})
        told = self.rows(f"SELECT count(*) + coalesce(sum(breaks), 0) FROM {table}_loaded")[0][0]  # noqa: S608
        lines = sum(count_lines(path) - 1 for path in place.paths)
        counts["lost-lines"] = max(0, lines - told - counts.total())
        return dict(+counts)


def _typed(name: str) -> Any:
    kinds = {"DATE": "day", "BLOB": "bytes"}
    return "moment" if name.startswith("TIMESTAMP") else kinds.get(name, "text")


def _no_moment(where: str) -> BadInput:
    cure = (
        "write 2020-01-31T23:59:59Z, with Z or an offset, or in UTC;"
        " --days and --epoch say what a day alone and a number mean"
    )
    return BadInput("not a date and time", where=where, cure=cure)
