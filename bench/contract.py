"""The whole API asked what its schema tells of, and what it does not, by everybody and by nobody, for a time.

    python bench/contract.py [--seconds 600] [--seed 1]

Schemathesis makes up the requests: examples, the edges of each field, whatever else, and chains of requests along the
links; what must hold of every answer is in tests/contract.py. Then come those that no library would send, of
tests/odd.py. Each failure is told with the request that shows it again, and then the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from contract import odd_ones, platform, run
from solely.app import init

TURN = 300  # seconds; then with another seed, under new tokens: people's live for a quarter of an hour


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=int, default=600)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    begun, statuses, broken = time.perf_counter(), Counter[int](), {}
    for turn, first in enumerate(range(0, options.seconds, TURN)):
        seed = options.seed + turn
        for requests, failures in asked(min(TURN, options.seconds - first), seed):
            statuses.update(one.response.status_code for one in requests if one.response is not None)
            so_far = f"\r{statuses.total():,} requests, {time.perf_counter() - begun:,.0f} of {options.seconds} s"
            print(so_far, end="", file=sys.stderr, flush=True)
            for failure in failures:
                head = failure.partition("\n")[0]
                if head not in broken:
                    print(f"\nseed {seed}: {failure}", flush=True)
                broken[head] = broken.get(head, 0) + 1
    print(f"\n{statuses.total():,} requests in {time.perf_counter() - begun:,.0f} s: ", end="")
    print(", ".join(f"{count:,} answered {status}" for status, count in sorted(statuses.items())))
    print(f"{len(broken)} kinds of failures.")
    return 1 if broken else 0


def asked(seconds: int, seed: int) -> Iterator[tuple[Any, list[str]]]:
    """One turn in a directory of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # the database may run as another account
        init(folder / "data")
        with platform(folder / "data") as found:
            yield from run(found, seconds=seconds, examples=40, seed=seed)
            yield [], [f"{sent[0]} {sent[1]}: odd\n{sent[2:]!r}\n{fault}" for sent, fault in odd_ones(found) if fault]


if __name__ == "__main__":
    sys.exit(main())
