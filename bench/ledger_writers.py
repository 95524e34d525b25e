"""Four ways to write down what happened, each by writers in processes of their own: how many entries a second.

All say the same of an entry, and return when it is durable. A chain is written as it is in most code: the newest hash
is read under a lock, the next ones follow from it, and the rows go in.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from solely.app.directory import read_keyring
from solely.ledger.log import macs_by
from solely.store import server
from solely.store.database import Database
from solely.store.ledger import Pen, Words

__all__ = ["DETAILS", "SIZES", "TABLES", "WAYS", "Ground", "ground", "rates"]

SIZES = (1, 10, 100, 1_000, 10_000)  # entries in a commit
DETAILS = {"audience": "spring shoes", "number": 7, "rows": 100_000, "usable": 98_123}
WORDS = Words("use", "advertiser acme", "tailored-audiences", details=MappingProxyType(DETAILS))
TABLES = """
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE IF NOT EXISTS bench.rows (id bigserial PRIMARY KEY, at timestamptz NOT NULL, body jsonb NOT NULL);
    CREATE TABLE IF NOT EXISTS bench.chain (
        id bigserial PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL, hash bytea NOT NULL
    );
"""

Append = Callable[[int], None]  # so many entries, durably


@dataclass(frozen=True)
class Ground:
    """A directory whose database runs, with nothing of the product at work beside what is measured."""

    directory: Path
    database: Database

    def superuser(self) -> psycopg.Connection:
        password = read_keyring(self.directory, "owner").secret("database")
        return self.database.superuser(server.SUPERUSER, password)

    def ledger(self) -> psycopg.Connection:
        return self.database.login("ledger", read_keyring(self.directory, "ledger").secret("database"))


@contextmanager
def ground(directory: Path) -> Iterator[Ground]:
    with server.running(directory / "postgres") as host:
        yield Ground(directory, Database(host))


def _said(now: datetime) -> str:
    return json.dumps({"type": "use", "principal": "advertiser acme", "at": now.isoformat(), "details": DETAILS})


def _solely_way(here: Ground, _file: Path) -> Append:
    connection = here.ledger()
    pen = Pen(macs_by(read_keyring(here.directory, "ledger").ledger().mac), "ab" * 32, "bench", os.urandom)

    def append(count: int) -> None:
        with connection.transaction():
            pen.write(connection, [WORDS] * count, datetime.now(UTC))

    return append


def _rows_way(here: Ground, _file: Path) -> Append:
    connection = here.superuser()

    def append(count: int) -> None:
        now = datetime.now(UTC)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO bench.rows (at, body) VALUES (%s, %s)", [(now, _said(now)) for _ in range(count)]
            )

    return append


def _chain_way(here: Ground, _file: Path) -> Append:
    connection = here.superuser()

    def append(count: int) -> None:
        now, rows = datetime.now(UTC), []
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE bench.chain IN EXCLUSIVE MODE")
            newest = cursor.execute("SELECT hash FROM bench.chain ORDER BY id DESC LIMIT 1").fetchone()
            before = bytes(newest[0]) if newest else bytes(32)
            for _ in range(count):
                body = _said(now)
                before = sha256(before + body.encode()).digest()
                rows.append((now, body, before))
            cursor.executemany("INSERT INTO bench.chain (at, body, hash) VALUES (%s, %s, %s)", rows)

    return append


def _lines_way(_here: Ground, file: Path) -> Append:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(count: int) -> None:
        now = datetime.now(UTC)
        os.write(handle, "".join(f"{_said(now)}\n" for _ in range(count)).encode())
        os.fsync(handle)

    return append


WAYS: dict[str, Callable[[Ground, Path], Append]] = {
    "Solely": _solely_way,
    "rows, no hash": _rows_way,
    "rows, hash chain": _chain_way,
    "JSON lines, fsync": _lines_way,
}


def rates(here: Ground, folder: Path, writers: int, seconds: float, repeat: int) -> dict[str, list[float]]:
    """Entries a second by way, one figure for each of SIZES: the best of some rounds, the ways in turn."""
    with here.superuser() as connection:
        connection.execute(TABLES)
    best = {name: [0.0] * len(SIZES) for name in WAYS}
    for _ in range(repeat):
        for at, size in enumerate(SIZES):
            for name, way in WAYS.items():
                one = _run(lambda way=way: way(here, folder / "lines"), size, writers, seconds)  # type: ignore[misc]
                best[name][at] = max(best[name][at], one)
    return best


def _run(make: Callable[[], Append], size: int, writers: int, seconds: float) -> float:
    """Forked writers begin together, each with its own connection; the sum of what they wrote, a second."""
    fork = multiprocessing.get_context("fork")
    begin, told = fork.Barrier(writers), fork.SimpleQueue()
    started = [fork.Process(target=_write, args=(make, size, seconds, begin, told)) for _ in range(writers)]
    for one in started:
        one.start()
    found = [told.get() for _ in started]
    for one in started:
        one.join()
    return sum(found)


def _write(make: Callable[[], Append], size: int, seconds: float, begin: Any, told: Any) -> None:
    append = make()
    append(size)  # warm
    begin.wait()
    start, written = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        append(size)
        written += size
    told.put(written / (time.perf_counter() - start))
    os._exit(0)  # what was inherited is the parent's to close
