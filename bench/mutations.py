"""Random changes of a small published ledger, and the verdicts of two verifiers that share no code, compared.

    python bench/mutations.py [--count 1000000] [--processes 2] [--seed 1]

Seven in ten changes are a stranger's, without the key; the others its owner's, well signed. Where the two do not say
the same, or one lets a stranger's change through, it ends with 1 and prints the change. A seed gives the same changes
each time but for the log's key.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from mutations import judge

BATCH = 10_000


def batch(seed: str, count: int) -> tuple[int, str]:
    """How many were refused, and what went wrong, if anything did."""
    rng, refused = random.Random(seed), 0
    for _ in range(count):
        try:
            refused += judge(rng)
        except AssertionError as error:
            return refused, str(error)
    return refused, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    counts = [min(BATCH, args.count - done) for done in range(0, args.count, BATCH)]
    start, done, refused = time.monotonic(), 0, 0
    with ProcessPoolExecutor(args.processes) as pool:
        running = {pool.submit(batch, f"{args.seed}/{n}", count): count for n, count in enumerate(counts)}
        for future in as_completed(running):
            more, wrong = future.result()
            if wrong:
                print(f"\nthe verdicts differ: {wrong}")
                pool.shutdown(cancel_futures=True)
                return 1
            done, refused = done + running[future], refused + more
            seconds = time.monotonic() - start
            print(f"\r{done:,} changes, {refused:,} refused by both, {seconds:,.0f} s", end="", flush=True)
    print(f"\nno two verdicts differ; {done - refused:,} were other ledgers under the same key, and taken by both")
    return 0


if __name__ == "__main__":
    sys.exit(main())
