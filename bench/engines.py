"""The engines compared: each is given the platform once, then a list's digests in memory, and returns its members.

Each holds digests in the type that it joins fastest, indexed or not as its users would. Where two ways are close,
both are timed and the better one counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
import pyarrow as pa
from ground import PURPOSE, THREADS, Digests, Ground

from solely.audiences.audience import effective, standing
from solely.audiences.lists import ListReport
from solely.audiences.match import Target
from solely.store.advertising import Upload

__all__ = ["Held", "Ways", "competitors", "hold", "solely_way", "whole_match"]

Members = npt.NDArray[Any]
Way = Callable[[Digests], Members]
Ways = Mapping[str, tuple[Way, ...]]  # by engine

_KEY = "(hi::UHUGEINT << 64) | lo::UHUGEINT"


def _halves(digests: Digests) -> dict[str, npt.NDArray[np.uint64]]:
    halves = digests.view(">u8").reshape(-1, 2)
    return {"hi": halves[:, 0].astype(np.uint64), "lo": halves[:, 1].astype(np.uint64)}


def solely_way(ground: Ground) -> Way:
    """Tokenise, look up in index and delta, leave out what ended, make the set of members."""
    audiences = ground.audiences

    def way(digests: Digests) -> Members:
        tokens = audiences.tokenisers[PURPOSE].tokenise(digests)
        givings, members = audiences.look_up(tokens, PURPOSE)
        ended = audiences._shelf.ended(audiences.connection, ground.solely.clock())  # noqa: SLF001 - a step of `match`
        upload = Upload(audiences.new_id(), *standing(givings, members, ended))
        return np.array(effective([upload], ended).to_array())

    return way


@dataclass(frozen=True)
class Held:
    """The platform as each competitor holds it."""

    duck: duckdb.DuckDBPyConnection
    parquet: Path
    polars: pl.DataFrame
    postgres: psycopg.Connection


def hold(ground: Ground, folder: Path, say: Callable[[str], None]) -> Held:
    """Load the platform into each competitor."""
    say("DuckDB loads them")
    duck = duckdb.connect(config={"threads": THREADS, "memory_limit": "3GB"})
    duck.register("platform", pa.table({**_halves(ground.digests), "member": ground.members}))
    duck.execute(f"CREATE TABLE held AS SELECT {_KEY} AS key, member FROM platform")
    parquet = folder / "platform.parquet"
    duck.execute(f"COPY (SELECT hi, lo, member FROM platform ORDER BY hi) TO '{parquet}' (FORMAT parquet)")
    duck.unregister("platform")
    say("Polars loads them")
    polars = pl.DataFrame({**_halves(ground.digests), "member": ground.members}).sort("hi")
    say("PostgreSQL loads and indexes them")
    _load_postgresql(ground)
    return Held(duck, parquet, polars, ground.admin)


def competitors(held: Held) -> Ways:
    """How each competitor joins a list with what it holds."""
    keys = f"(SELECT {_KEY} AS key FROM list)"
    return {
        "DuckDB, its own table": (_duckdb(held, f"held JOIN {keys} USING (key)"),),
        "DuckDB, over Parquet": (
            _duckdb(held, f"'{held.parquet}' JOIN list USING (hi, lo)"),
            _duckdb(held, f"'{held.parquet}' SEMI JOIN list USING (hi, lo)"),
        ),
        "Polars, in memory": _polars(held),
        "PostgreSQL, B-tree": (_postgresql(held),),
    }


def _duckdb(held: Held, query: str) -> Way:
    def way(digests: Digests) -> Members:
        held.duck.register("list", pa.table(_halves(digests)))
        return held.duck.execute(f"SELECT DISTINCT member FROM {query}").fetchnumpy()["member"]

    return way


def _polars(held: Held) -> tuple[Way, ...]:
    def eager(digests: Digests) -> Members:
        rows = pl.DataFrame(_halves(digests))
        return held.polars.join(rows, on=["hi", "lo"], how="semi")["member"].unique().to_numpy()

    def streaming(digests: Digests) -> Members:
        rows = pl.LazyFrame(_halves(digests))
        found = held.polars.lazy().join(rows, on=["hi", "lo"], how="semi").select(pl.col("member").unique())
        return found.collect(engine="streaming")["member"].to_numpy()

    return eager, streaming


def whole_match(ground: Ground) -> Way:
    """All that `match` does once a list is read, then what it reached."""
    audiences, clock, numbers = ground.audiences, ground.solely.clock, itertools.count()

    def way(digests: Digests) -> Members:
        name = f"whole {next(numbers)}"
        report = ListReport(len(digests), len(digests), {}, (), "csv", "utf-8", ",", header=False)
        target = Target("bench", name)
        audiences.match(_Reading(digests, report), target, PURPOSE, clock())  # type: ignore[arg-type]
        return np.array(audiences.members("bench", name, clock()).to_array())

    return way


@dataclass(frozen=True)
class _Reading:
    """A list that has been read: its digests, in the blocks in which the reader hands them over."""

    digests: Digests
    report: ListReport

    def __iter__(self) -> Iterator[Digests]:
        for at in range(0, len(self.digests), 50_000):
            yield self.digests[at : at + 50_000]


_PREFIX = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def _copy_rows(digests: Digests) -> bytes:
    """Rows of one uuid for COPY BINARY."""
    rows = np.zeros(len(digests), np.dtype([("fields", ">i2"), ("length", ">i4"), ("key", "V16")]))
    rows["fields"], rows["length"] = 1, 16
    rows["key"] = np.ascontiguousarray(digests).view("V16").ravel()
    return _PREFIX + rows.tobytes() + b"\xff\xff"


def _load_postgresql(ground: Ground) -> None:
    connection = ground.admin
    connection.execute("CREATE UNLOGGED TABLE held (key uuid NOT NULL, member int8 NOT NULL)")
    rows = np.zeros(
        len(ground.digests), np.dtype([("n", ">i2"), ("a", ">i4"), ("k", "V16"), ("b", ">i4"), ("m", ">i8")])
    )
    rows["n"], rows["a"], rows["b"], rows["m"] = 2, 16, 8, ground.members
    rows["k"] = np.ascontiguousarray(ground.digests).view("V16").ravel()
    with connection.cursor().copy("COPY held FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_PREFIX)
        for at in range(0, len(rows), 100_000):
            copy.write(rows[at : at + 100_000].tobytes())
        copy.write(b"\xff\xff")
    for setting in ("maintenance_work_mem = '1GB'", "work_mem = '512MB'", "jit = off"):
        connection.execute(f"SET {setting}")
    connection.execute(f"SET max_parallel_workers_per_gather = {THREADS - 1}")  # the leader works too
    connection.execute("CREATE UNIQUE INDEX ON held (key) INCLUDE (member)")
    connection.execute("VACUUM (ANALYZE, FREEZE) held")
    connection.execute("CREATE TEMP TABLE list (key uuid)")


def _postgresql(held: Held) -> Way:
    connection = held.postgres

    def way(digests: Digests) -> Members:
        connection.execute("TRUNCATE list")
        with connection.cursor().copy("COPY list FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_copy_rows(digests))
        connection.execute("ANALYZE list")
        return _fetch(connection, "SELECT DISTINCT member FROM held JOIN list USING (key)")

    return way


def _fetch(connection: psycopg.Connection, query: str) -> Members:
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        data = b"".join(copy)
    row = np.dtype([("fields", ">i2"), ("length", ">i4"), ("member", ">i8")])
    return np.frombuffer(data, row, (len(data) - len(_PREFIX) - 2) // row.itemsize, len(_PREFIX))["member"]
