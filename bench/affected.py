"""How long it takes to say whom a thousand matches affected, at 330 million people.

    python bench/affected.py [--people 330000000] [--jobs 1000] [--folder DIR] [--no-peer]

Beside it what one would use instead: rows of (match, person) in Parquet, counted by DuckDB, for a fifth of the
advertisers. Both must say the same. Peak memory is this process's; PostgreSQL's cache is beside it.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from affected_ground import ADS, ADVERTISERS, NAMED, START, Ground, lists, make

from solely.answer.question import Question
from solely.app import Solely, init

PEER = frozenset(f"adv{number:02}" for number in range(ADVERTISERS // 5))


def timed(what: Callable[[], int], again: int = 3) -> tuple[float, int]:
    """Seconds, the best of some, and the answer."""
    best, answer = float("inf"), -1
    for _ in range(again):
        start = time.perf_counter()
        answer = what()
        best = min(best, time.perf_counter() - start)
    return best, answer


def questions(ground: Ground) -> dict[str, Question]:
    month = START + timedelta(days=60)
    begin = month.replace(day=1)
    end = (begin + timedelta(days=32)).replace(day=1)
    return {
        "one advertiser": Question(advertisers=frozenset({"adv07"})),
        "a fifth of the advertisers": Question(advertisers=PEER),
        "a month": Question(since=begin, until=end),
        "ten days": Question(since=START + timedelta(days=95), until=START + timedelta(days=105)),
        "an advertiser's month": Question(advertisers=frozenset({"adv07"}), since=begin, until=end),
        "everything": Question(since=START),
        "everything under one notice": Question(notices=frozenset({f"{ADS}/v1"})),
        "1,000 givings": Question(givings=frozenset(ground.explicit)),
    }


def parts(solely: Solely, question: Question) -> int:
    return solely.affected(question).counts().people


def peer(folder: Path, ground: Ground, jobs: int) -> Path:
    """The rows of a fifth of the advertisers, as a platform would keep them."""
    path = folder / "rows.parquet"
    schema = pa.schema({"upload": pa.uint16(), "advertiser": pa.string(), "member": pa.uint32()})
    with pq.ParquetWriter(path, schema) as writer:
        for number, (advertiser, some) in enumerate(lists(ground.givings, jobs)):
            if f"adv{advertiser:02}" in PEER:
                columns = [
                    np.full(len(some), number, np.uint16),
                    pa.repeat(f"adv{advertiser:02}", len(some)),
                    ground.first[some],
                ]
                writer.write_table(pa.table([pa.array(one) for one in columns], schema=schema))
    return path


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--people", type=int, default=330_000_000)
    arguments.add_argument("--jobs", type=int, default=1_000)
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--no-peer", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        init(folder / "platform")
        with (folder / "platform" / "postgres" / "postgresql.conf").open("a") as file:
            file.write(
                "shared_buffers = 1GB\nmax_wal_size = 8GB\nfsync = off\nwal_level = minimal\nmax_wal_senders = 0\n"
            )
        with Solely(folder / "platform", signs=False) as solely:
            start = time.perf_counter()
            ground = make(solely, options.people, options.jobs)
            print(f"made in {time.perf_counter() - start:.0f} s", flush=True)
            measure(solely, ground, folder, options)


def measure(solely: Solely, ground: Ground, folder: Path, options: argparse.Namespace) -> None:
    start = time.perf_counter()
    solely.affected(Question(since=START)).people  # noqa: B018 - asked for what it keeps
    print(f"the first question, which makes the rolls: {time.perf_counter() - start:.1f} s", flush=True)
    asked = questions(ground)
    print(f"{'':30}{'people':>14}{'count':>10}{'with parts':>12}")
    for name, question in asked.items():
        seconds, people = timed(lambda question=question: solely.affected(question).people)
        whole, same = timed(lambda question=question: parts(solely, question), 1)
        assert people == same
        print(f"{name:30}{people:>14,}{seconds:>8.2f} s{whole:>10.2f} s", flush=True)
    start = time.perf_counter()
    listed = sum(1 for _ in solely.affected(Question(advertisers=frozenset({f"adv{ADVERTISERS}"}))).rows())
    print(f"the list: {(time.perf_counter() - start) / listed * 1e6:.1f} s a million ({listed:,}, {NAMED:,} asked)")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = sum(path.stat().st_size for path in (solely.directory / "answers").iterdir()) / 2**30
    print(f"peak memory, the making included: {memory:.1f} GB; kept in files: {size:.1f} GB")
    if not options.no_peer:
        path = peer(folder, ground, options.jobs)
        print(f"{path.stat().st_size / 2**30:.1f} GB of rows as Parquet")
        sql = f"SELECT count(DISTINCT member) FROM '{path}'"
        seconds, people = timed(lambda: duckdb.execute(sql).fetchall()[0][0], 2)
        ours, same = timed(lambda: solely.affected(asked["a fifth of the advertisers"]).people)
        assert people == same, (people, same)
        print(f"DuckDB, a fifth of the advertisers: {seconds:.2f} s, x {seconds / ours:.0f}; both say {people:,}")


if __name__ == "__main__":
    main()
