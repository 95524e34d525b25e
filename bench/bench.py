"""Lists matched by Solely and by what else one would use, side by side; and plain rows end to end.

    python bench/bench.py [--tokens 10000000] [--repeat 5] [--write docs/benchmarks.md]

Each figure is the best of `--repeat` runs, all engines warm and with two threads. Exit code 1 where an engine
returns other members than were put into the list.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import engines
import numpy as np
import numpy.typing as npt
import plain
from ground import HITS, THREADS, Digests, Ground, make_directory, make_ground, make_list
from report import keep, machine, table

from solely.app import Solely

SIZES = (10_000, 100_000, 1_000_000)
PLAIN_ROWS = 1_000_000
SOLELY = "Solely"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"

Members = npt.NDArray[Any]
START = time.perf_counter()


def say(words: str) -> None:
    print(f"{time.perf_counter() - START:5.0f} s  {words}", file=sys.stderr, flush=True)


def best(way: Callable[[Any], Members], given: object, expected: Members, repeat: int) -> float:
    """Seconds of the fastest run, after one to warm up. SystemExit where the members are not those expected."""
    fastest = float("inf")
    for run in range(repeat + 1):
        start = time.perf_counter()
        members = way(given)
        if run:
            fastest = min(fastest, time.perf_counter() - start)
    if not np.array_equal(np.sort(np.asarray(members, np.int64)), expected):
        sys.exit(f"{len(members)} members were returned, and {len(expected)} are right")
    return fastest


def measure(
    figures: dict[str, list[float]],
    ways: Mapping[str, Sequence[Callable[[Any], Members]]],
    given: object,
    expected: Members,
    repeat: int,
) -> None:
    for name, tried in ways.items():
        say(f"  {name}")
        figures.setdefault(name, []).append(min(best(way, given, expected, repeat) for way in tried))


def lists(ground: Ground, held: engines.Held, sizes: Sequence[int], repeat: int) -> dict[str, list[float]]:
    ways = {
        SOLELY: (engines.solely_way(ground),),
        "  with ledger and storage": (engines.whole_match(ground),),
        **engines.competitors(held),
    }
    figures: dict[str, list[float]] = {}
    for size in sizes:
        say(f"a list of {size:,} hashed rows")
        measure(figures, ways, *make_list(ground, size, size), repeat)
    return figures


def plain_rows(ground: Ground, held: engines.Held, folder: Path, rows: int, repeat: int) -> dict[str, list[float]]:
    known = rows // HITS
    texts = plain.addresses(0, known) + plain.addresses(10_000_000, rows - known)
    path = folder / "plain.csv"
    plain.write_list(path, [texts[n] for n in np.random.default_rng(2).permutation(rows).tolist()])
    expected = plain.expected(known)
    ways = {
        SOLELY: (plain.solely_way(ground),),
        "DuckDB": (plain.duckdb_way(held),),
        "Polars and hashlib": (plain.polars_way(held),),
    }
    say(f"a file of {rows:,} plain rows")
    figures: dict[str, list[float]] = {}
    measure(figures, ways, path, expected, repeat)
    return figures


def bench(folder: Path, tokens: int, repeat: int) -> Iterator[str]:
    """Measure everything; texts to print, as they are there."""
    rows = min(PLAIN_ROWS, tokens)
    say("a data directory")
    with Solely(make_directory(folder)) as solely:
        known: Digests = plain.digests_of(plain.addresses(0, rows // HITS))
        ground = make_ground(solely, tokens, known, say)
        held = engines.hold(ground, folder, say)
        sizes = [size for size in SIZES if size <= tokens]
        names = [f"{size:,} rows" for size in sizes]
        yield table(f"Hashed rows against {tokens:,} tokens", names, lists(ground, held, sizes, repeat), SOLELY)
        figures = plain_rows(ground, held, folder, rows, repeat)
        yield table(f"Plain rows, end to end, against {tokens:,} tokens", [f"{rows:,} rows"], figures, SOLELY)
        yield (
            f"{machine(ground.admin)}\nbest of {repeat}, warm, {THREADS} threads;"
            " x: times as long as Solely; all returned the same members"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as folder:
        texts = []
        for text in bench(Path(folder), args.tokens, args.repeat):
            print(text, end="\n\n", flush=True)
            texts.append(text)
    if args.write:
        keep("\n\n".join(texts), args.write, BEGIN, END)


if __name__ == "__main__":
    if "POLARS_MAX_THREADS" not in os.environ:  # read by Polars when it is loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "POLARS_MAX_THREADS": str(THREADS)})
    main()
