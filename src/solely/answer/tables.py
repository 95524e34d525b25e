"""Reads a platform's existing tables into DuckDB: CSV, gzipped CSV and Parquet, columns by their logical names.

- DuckDB is bounded: its memory is capped, what does not fit spills to a directory that is removed at the end.
- Only the two files are read; then access to files is closed and the configuration locked.
- A cell is text until a rule reads it. A line that can't be told into cells is counted, never guessed at.
- Moments are ISO 8601 with Z, an offset, or no zone (then UTC), to the microsecond. Others stop the audit:
  an answer about who was affected when can't skip a time it did not understand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from solely.answer.source import Source, count_lines, csv_source, is_parquet, parquet_source
from solely.errors import BadInput, Unavailable

__all__ = ["AUDIENCES", "CONTACTS", "Layout", "close_files", "database", "load"]

_MOMENT = (
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"  # RFC 3339 §5.6, and PostgreSQL's own export
    r"(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)?"
)
_MALFORMED = {
    "MISSING COLUMNS": "too-few-cells",
    "TOO MANY COLUMNS": "too-many-cells",
    "UNQUOTED VALUE": "bad-quotes",
    "INVALID ENCODING": "not-utf-8",
    "LINE SIZE OVER MAXIMUM": "line-too-long",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table must hold: logical names, each with the names its column may go by; text or moments."""

    table: str
    texts: Mapping[str, tuple[str, ...]]
    moments: tuple[str, ...]  # an empty cell in the first is an error, in later ones it means never

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        return {**self.texts, **{name: (name,) for name in self.moments}}


CONTACTS = Layout(
    "contacts",
    {"subject": ("subject",), "kind": ("kind",), "value": ("value",), "given_for": ("given_for",)},
    ("given_at", "withdrawn_at"),
)
AUDIENCES = Layout(
    "audiences",
    {"advertiser": ("advertiser",), "identifier": ("identifier_sha256", "identifier")},
    ("matched_at",),
)


@contextmanager
def database(memory_bytes: int, temp: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A scratch database under `temp`, gone when the block ends. Raises Unavailable where a bound is met."""
    if not temp.is_dir():
        raise Unavailable("the temporary directory is not there", cure="name one that is")
    with TemporaryDirectory(prefix="solely-audit-", dir=temp) as directory:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_bytes}B",
            "temp_directory": f"{directory}/spill",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(f"{directory}/audit.duckdb", config=settings) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            try:
                yield connection
            except (duckdb.OutOfMemoryException, duckdb.IOException):
                cure = "give the audit more memory, or a temporary directory with more room"
                raise Unavailable("the audit met a bound of memory or disk", cure=cure) from None


def close_files(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on nothing the tables hold can make DuckDB read or write a file."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def load(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    file: Path,
    mapping: Mapping[str, str],
) -> dict[str, int]:
    """Make the table `layout.table`: `row` (from 1), text columns trimmed, moments as TIMESTAMPTZ.

    `mapping` is logical name -> column in the file. Returns reason -> lines left out as malformed.
    Raises BadInput, naming file, column and row, for a missing file or column and for a bad moment.
    """
    if set(str(file)) & set("*?[]{}"):
        raise BadInput(
            "its path holds a wildcard", where=file.name, cure="rename it: DuckDB would read other files too"
        )
    source = parquet_source(file) if is_parquet(file) else csv_source(file, layout.table)
    chosen = _choose(layout, source.columns, mapping, file)
    try:
        _stage(connection, layout, source, chosen)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:  # its message would show cells
        raise BadInput(
            "can't be read as a table",
            where=file.name,
            cure="export it whole, as CSV in UTF-8 or Parquet; the temporary directory must have room for it",
        ) from None
    malformed = {} if is_parquet(file) else _malformed(connection, layout.table, count_lines(file))
    empty = " AND ".join(f"{name} = ''" for name in layout.texts)
    connection.execute(f"DELETE FROM {layout.table} WHERE {empty} AND {layout.moments[0]} IS NULL")  # noqa: S608 - our own names
    _check_moments(connection, layout, file, mapping)
    return malformed


def _stage(connection: duckdb.DuckDBPyConnection, layout: Layout, source: Source, chosen: Mapping[str, str]) -> None:
    parts = [f"trim(coalesce({chosen[name]}::VARCHAR, '')) AS {name}" for name in layout.texts]
    parts += [_moment(name, chosen[name], never=name != layout.moments[0]) for name in layout.moments]
    connection.execute(
        f"CREATE TABLE {layout.table} AS SELECT row_number() OVER () AS row, {source.breaks} AS breaks,"  # noqa: S608 - names and paths are quoted
        f" {', '.join(parts)} FROM {source.sql}",
    )


def _choose(layout: Layout, columns: Mapping[str, str], mapping: Mapping[str, str], file: Path) -> dict[str, str]:
    """Logical name -> SQL of the column."""
    if unknown := sorted(set(mapping) - set(layout.names)):
        known = ", ".join(layout.names)
        raise BadInput(
            f"no such column of {layout.table}: {unknown[0]}", where="column mapping", cure=f"one of: {known}"
        )
    chosen = {}
    for name, usual in layout.names.items():
        found = [c for c in ((mapping[name],) if name in mapping else usual) if c in columns]
        if not found:
            option = f"--{layout.table.removesuffix('s')}-column {name}=NAME"
            raise BadInput(f"no column {mapping.get(name, usual[0])}", where=file.name, cure=f"name it with {option}")
        chosen[name] = columns[found[0]]
    return chosen


def _moment(name: str, column: str, *, never: bool) -> str:
    """SQL: the moment of a cell; NULL where it can't be read; infinity for an empty cell that means never."""
    text = f"upper(trim(coalesce({column}::VARCHAR, '')))"
    read = f"CASE WHEN regexp_full_match({text}, '{_MOMENT}') THEN TRY_CAST({text} AS TIMESTAMPTZ) END"
    return (f"CASE WHEN {text} = '' THEN 'infinity'::TIMESTAMPTZ ELSE {read} END" if never else read) + f" AS {name}"


def _check_moments(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    file: Path,
    mapping: Mapping[str, str],
) -> None:
    for name in layout.moments:
        found = connection.execute(f"SELECT min(row) FROM {layout.table} WHERE {name} IS NULL").fetchone()  # noqa: S608 - our own names
        if found and found[0] is not None:
            where = f"{file.name}, column {mapping.get(name, name)}, readable row {found[0]}"
            raise BadInput(
                "not a date and time", where=where, cure="write 2020-01-31T23:59:59Z, with Z or an offset, or in UTC"
            )


def _malformed(connection: duckdb.DuckDBPyConnection, table: str, lines: int) -> dict[str, int]:
    """Reason -> lines that became no row. Every line is accounted for: one open quote can swallow the rest."""
    rejected = connection.execute(
        "SELECT reason, count(*) FROM (SELECT min(error_type::VARCHAR) AS reason"  # noqa: S608 - our own names
        f" FROM {table}_rejects GROUP BY line) GROUP BY 1 ORDER BY 1",
    ).fetchall()
    counts = Counter({_MALFORMED.get(kind, "malformed"): count for kind, count in rejected})
    told = connection.execute(f"SELECT count(*) + coalesce(sum(breaks), 0) FROM {table}").fetchone()  # noqa: S608 - our own names
    assert told is not None
    counts["lost-lines"] = max(0, lines - 1 - told[0] - counts.total())
    return dict(+counts)
