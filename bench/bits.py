"""Every single bit of a log of 10,000 entries flipped, as it is published and as it is stored: each has to be found.

    python bench/bits.py [--processes 2] [--whole 4000] [--seed 1]

Each bit is judged by the part of the verifier that meets it first (`tests/bits.py` says which); a random sample,
anywhere, by the whole verifiers. It prints how many bits were flipped and how many found, and ends with 1 where one
was not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import bits

WHOLE = "anywhere, by the whole verifiers"
BATCH = 50


def judge(kind: str, number: int, seed: str) -> tuple[int, list[str]]:
    return bits.whole(seed, number) if kind == WHOLE else bits.flip(kind, number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--whole", type=int, default=4_000, help="how many bits the whole verifiers judge")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    bits.files(), bits.macs(), bits.notes()  # before the processes, which are forked: they have one log and one key
    work = [(kind, number) for kind in bits.KINDS for number in bits.parts(kind)]
    work += [(WHOLE, BATCH)] * -(-args.whole // (2 * BATCH))
    start, flipped, missed = time.monotonic(), Counter[str](), Counter[str]()
    with ProcessPoolExecutor(args.processes, multiprocessing.get_context("fork")) as pool:
        running = {pool.submit(judge, *one, f"{args.seed}/{n}"): one[0] for n, one in enumerate(work)}
        for future in as_completed(running):
            done, not_found = future.result()
            flipped[running[future]] += done
            missed[running[future]] += len(not_found)
            for one in not_found[:3]:
                print(f"\nnot found: {one}")
            if sys.stderr.isatty():
                seconds = time.monotonic() - start
                print(f"\r{flipped.total():,} bits, {seconds:,.0f} s", end="", file=sys.stderr, flush=True)
    print(f"Bits of a log of {bits.SIZE:,} entries, each flipped by itself")
    for kind in (*bits.KINDS, WHOLE):
        print(f"{kind:34}{flipped[kind]:>14,} flipped {flipped[kind] - missed[kind]:>14,} found")
    total = flipped.total()
    print(f"{'all':34}{total:>14,} flipped {total - missed.total():>14,} found; {time.monotonic() - start:,.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
