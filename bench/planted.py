"""Ten thousand planted misuses, and whom each affected: every answer held against the acts themselves.

    python bench/planted.py [--scenarios 10000] [--seed 1]

A scenario is a question about a small world of its own (tests/misuse.py), forty worlds to a platform, four questions
each; half the platforms keep what the answers make in files from the first giving and match on. Ends with exit code 1
where one answer was not exact.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from acts import Platform
from misuse import KINDS, ask, differs, expected, grow
from solely.answer import affected

WORLDS = 40


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--scenarios", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    asked, people, wrong, start = Counter[str](), 0, 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        blank = Path(temporary) / "blank"
        blank.mkdir()
        Platform.made(blank)
        for number in range(options.scenarios):
            if asked.total() >= options.scenarios:
                break
            seed = options.seed * 1_000_000 + number
            for kind, met, differ in scenarios(Path(temporary) / str(number), blank, seed):
                asked[kind] += 1
                people += met
                if differ:
                    wrong += 1
                    print(f"seed {seed}, {kind}: {differ}", flush=True)
            print(f"{asked.total():,} asked, {wrong} wrong, {time.perf_counter() - start:,.0f} s", flush=True)
    print(", ".join(f"{count:,} by {kind}" for kind, count in sorted(asked.items())))
    print(f"{asked.total():,} scenarios, {people:,} people affected in all, {wrong} answers that were not exact")
    return 1 if wrong else 0


def scenarios(folder: Path, blank: Path, seed: int):  # noqa: ANN201 - rows to print
    folder.mkdir()
    chance = random.Random(seed)
    real = affected.known, affected.renew
    if seed % 2:
        affected.known = lambda sources: real[0](sources, 1)
        affected.renew = lambda sources, now, every: real[1](sources, now, every, 1)
    try:
        with Platform.made(folder, blank) as platform:
            for number in range(WORLDS):
                world = grow(platform, chance, number)
                for kind in chance.sample(KINDS, 5):
                    question = ask(platform, chance, world, kind)
                    if question is not None:
                        met = len(expected(platform, world, question)[0])
                        yield kind, met, differs(platform, world, question)
    finally:
        affected.known, affected.renew = real


if __name__ == "__main__":
    sys.exit(main())
