"""`solely audit` beside the join that one would write by hand, in one run: seconds, memory, and who is named.

    python bench/audit.py [--rows 1000000] [--memory 8GB] [--temp /tmp] [--hashed]

Contacts and audience rows are as many each, made by DuckDB with a truth that follows from how they are made, not
from any digest. Each engine has a process of its own, with the same memory and two threads. Exit code 1 where
Solely names others than the truth does. PostgreSQL takes part up to ten million rows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg

from solely.app import init
from solely.app.directory import read_keyring
from solely.store.database import Database
from solely.store.server import SUPERUSER, running

POSTGRES_ROWS = 10_000_000
THREADS = 2
# Contact k is of person k // 2, an address where it is even; its facts follow from hashes of k.
EMAIL = """CASE hash(k) % 3 WHEN 0 THEN 'Jane.Doe' WHEN 1 THEN 'bob_' ELSE 'max.m' END || k ||
    CASE WHEN hash(k + 5) % 10 = 0 THEN '+news' ELSE '' END ||
    CASE WHEN hash(k + 7) % 10 < 4 THEN '@gmail.com' WHEN hash(k + 7) % 10 < 6 THEN '@Outlook.com'
    ELSE '@example.com' END"""
PHONE = "'+49151' || (10000000 + k // 2)"
FACTS = f"""'u' || (k // 2) AS subject, CASE WHEN k % 2 = 0 THEN {EMAIL} ELSE {PHONE} END AS value,
    CASE hash(k + 3) % 3 WHEN 0 THEN 'two-factor' WHEN 1 THEN 'tailored-audiences' ELSE 'service-notice' END
    AS given_for,
    TIMESTAMPTZ '2019-01-01 00:00:00+00' + to_minutes((hash(k + 9) % 1500000)::BIGINT) AS given_at,
    CASE WHEN hash(k + 11) % 5 = 0 THEN given_at + to_days((hash(k + 13) % 700)::BIGINT + 1) END AS withdrawn_at"""
# Audience row j is of contact k, a third of them of strangers; half of the advertisers' tools follow Google's rule.
ROWS = """SELECT j, (hash(j * 5 + 1) % ({rows} * 3 // 2))::BIGINT AS k, hash(j + 17) % 2 = 0 AS as_written,
    'advertiser-' || (hash(j + 3) % 5) AS advertiser, 'list-' || (hash(j + 1) % 100) AS audience,
    TIMESTAMPTZ '2019-01-01 00:00:00+00' + to_minutes((hash(j + 19) % 2500000)::BIGINT) AS matched_at
    FROM range({rows}) t(j)"""
FORM = """CASE WHEN as_written OR value LIKE '%@example.com' THEN lower(value)
    WHEN value LIKE '+%' THEN substr(value, 2) WHEN lower(value) LIKE '%@gmail.com'
    THEN replace(split_part(split_part(lower(value), '@', 1), '+', 1), '.', '') || '@gmail.com'
    ELSE lower(value) END"""
NAIVE = """SELECT DISTINCT a.advertiser, c.subject FROM {audiences} a
    JOIN {contacts} c ON {digest} = a.identifier_sha256 WHERE c.given_for NOT IN ('tailored-audiences')"""


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu: float | None  # seconds, of all threads
    peak: int | None  # bytes; None where it is a server's


def make(folder: Path, rows: int, memory: str, *, hashed: bool) -> None:
    """contacts.parquet, audiences.parquet, truth.parquet."""
    every = ROWS.format(rows=rows)
    value = "sha256(lower(value))" if hashed else "value"
    kind = "CASE WHEN k % 2 = 0 THEN 'email' ELSE 'phone' END AS kind"
    met = f"k < {rows} AND given_at <= matched_at" + f" AND {FORM} = lower(value)" * hashed
    lawful = "given_for = 'tailored-audiences' AND (withdrawn_at IS NULL OR withdrawn_at > matched_at)"
    with maker(folder, memory) as connection:
        copy = lambda sql, name: connection.execute(f"COPY ({sql}) TO '{folder / name}' (COMPRESSION zstd)")  # noqa: E731
        copy(f"SELECT subject, {kind}, {value} AS value, given_for, given_at, withdrawn_at FROM"
             f" (SELECT k, {FACTS} FROM range({rows}) t(k))", "contacts.parquet")  # fmt: skip
        copy(f"SELECT advertiser, audience, sha256({FORM}) AS identifier_sha256, matched_at FROM"
             f" (SELECT *, {FACTS} FROM ({every}))", "audiences.parquet")  # fmt: skip
        copy(f"SELECT DISTINCT advertiser, subject FROM (SELECT *, {FACTS} FROM ({every}))"
             f" WHERE {met} AND NOT ({lawful})", "truth.parquet")  # fmt: skip


def maker(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={"memory_limit": memory, "threads": THREADS, "temp_directory": f"{folder}/spill"}
    )
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    return connection


def timed(command: list[str]) -> Run:
    """Run a process to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return Run(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def solely(folder: Path, memory: str) -> Run:
    command = [
        str(Path(sys.executable).parent / "solely"),
        "audit",
        "--json",
        "--memory",
        memory,
        "--temp",
        str(folder),
    ]
    for name in ("contacts", "audiences"):
        command += [f"--{name}", str(folder / f"{name}.parquet")]
    return timed([*command, "--subjects", str(folder / "solely.parquet")])


def naive_duckdb(folder: Path, memory: str) -> Run:
    digest = "CASE WHEN length(c.value) = 64 THEN c.value ELSE sha256(lower(c.value)) END"
    query = NAIVE.format(
        audiences=f"'{folder}/audiences.parquet'", contacts=f"'{folder}/contacts.parquet'", digest=digest
    )
    program = (
        f"import duckdb; c = duckdb.connect(config={{'memory_limit': {memory!r}, 'threads': {THREADS},"
        f" 'temp_directory': '{folder}/spill'}}); c.execute('SET preserve_insertion_order = false');"
        f' c.execute("""COPY ({query}) TO \'{folder}/DuckDB, by hand.parquet\'""")'
    )
    return timed([sys.executable, "-c", program])


def naive_postgres(folder: Path) -> Run:
    """The tables are loaded before the clock runs, and have no index: they are asked once."""
    init(folder / "data")
    with running(folder / "data" / "postgres") as host:
        password = read_keyring(folder / "data", "owner").secret("database")
        with Database(host).superuser(SUPERUSER, password) as connection:
            for name in ("contacts", "audiences"):
                load(connection, folder, name)
            made = "encode(sha256(lower(c.value)::bytea), 'hex')"
            digest = f"CASE WHEN length(c.value) = 64 THEN c.value ELSE {made} END"
            query = NAIVE.format(audiences="audiences", contacts="contacts", digest=digest)
            start = time.perf_counter()
            found = connection.execute(query).fetchall()
            seconds = time.perf_counter() - start
    with duckdb.connect() as keep, (folder / "found.csv").open("w") as file:
        file.writelines(f"{advertiser},{subject}\n" for advertiser, subject in found)
        file.flush()
        columns = "{'advertiser': 'VARCHAR', 'subject': 'VARCHAR'}"
        read = f"FROM read_csv('{file.name}', columns={columns}, header=false)"
        keep.execute(f"COPY ({read}) TO '{folder}/PostgreSQL, by hand.parquet'")
    return Run(seconds, None, None)


def load(connection: psycopg.Connection, folder: Path, name: str) -> None:
    with duckdb.connect() as reader:
        reader.execute(f"COPY (FROM '{folder}/{name}.parquet') TO '{folder}/{name}.csv' (HEADER false)")
        columns = [row[0] for row in reader.execute(f"DESCRIBE FROM '{folder}/{name}.parquet'").fetchall()]
    types = ", ".join(f"{column} {'timestamptz' if column.endswith('_at') else 'text'}" for column in columns)
    connection.execute(f"CREATE TEMP TABLE {name} ({types})")
    into = connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)")
    with (folder / f"{name}.csv").open("rb") as file, into as copy:
        while block := file.read(1 << 20):
            copy.write(block)
    connection.execute(f"ANALYZE {name}")


def compared(folder: Path, name: str) -> tuple[int, int]:
    """People missed, and people wrongly named: by advertiser, each once."""
    with maker(folder, "4GB") as connection:
        sets = [f"SELECT DISTINCT advertiser, subject FROM '{folder}/{one}.parquet'" for one in ("truth", name)]
        counts = [
            connection.execute(f"SELECT count(*) FROM ({first} EXCEPT {second})").fetchall()[0][0]
            for first, second in (sets, sets[::-1])
        ]
    return counts[0], counts[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory", default="8GB")
    parser.add_argument("--temp", type=Path)
    parser.add_argument("--hashed", action="store_true", help="contacts as digests, too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-", dir=args.temp) as name:
        folder = Path(name)
        make(folder, args.rows, args.memory, hashed=args.hashed)
        ways: dict[str, Callable[[], Run]] = {
            "solely": lambda: solely(folder, args.memory),
            "DuckDB, by hand": lambda: naive_duckdb(folder, args.memory),
        }
        if args.rows <= POSTGRES_ROWS:
            ways["PostgreSQL, by hand"] = lambda: naive_postgres(folder)
        tell(folder, args.rows, ways)


def tell(folder: Path, rows: int, ways: dict[str, Callable[[], Run]]) -> None:
    with duckdb.connect() as connection:
        right = connection.execute(f"SELECT count(*) FROM '{folder}/truth.parquet'").fetchall()[0][0]
    print(f"{rows:,} contacts, {rows:,} audience rows, {right:,} to be named\n")
    print(f"{'':22}{'seconds':>9}{'ratio':>7}{'CPU s':>8}{'peak GB':>9}{'missed':>12}{'wrongly named':>15}", flush=True)
    first, wrong = None, (0, 0)
    for name, way in ways.items():
        run = way()
        first = first or run
        missed, named = compared(folder, name)
        wrong = (missed, named) if name == "solely" else wrong
        peak = f"{run.peak / 1e9:9.1f}" if run.peak else f"{'-':>9}"
        ratio = run.seconds / first.seconds
        cpu = f"{run.cpu:8.1f}" if run.cpu else f"{'-':>8}"
        print(f"{name:22}{run.seconds:9.1f}{ratio:7.2f}{cpu}{peak}{missed:12,}{named:15,}", flush=True)
    if any(wrong):
        sys.exit("Solely names others than the truth does")


if __name__ == "__main__":
    main()
