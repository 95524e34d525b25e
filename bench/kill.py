"""Kill -9 of the service's processes at random under load: nothing acknowledged is lost, nothing done twice.

    python bench/kill.py [--kills 500] [--write docs/benchmarks.md]

The service is as it is deployed (`solely serve --split`), and one of its processes, or its PostgreSQL, is killed at
random moments, all but the supervisor. Who asks asks again under the same idempotency key until there is an answer.
At the end all is counted by the database's superuser, and the ledger is verified; what is not as it should be ends
the run with exit code 1. What is looked at stands in tests/killing.py.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import decide
from report import keep

from deployed import deployed
from killing import Asker, Record, faults, keys_of, kill, undone, verified
from solely.app import Solely
from solely.app.decisions import handle_of

BEGIN, END = "<!-- kills -->\n", "<!-- end of kills -->\n"
PEOPLE, ASKERS = 2_000, 24
PAUSE = (0.1, 1.5)  # seconds between two kills
LAST = 90.0  # seconds that what was asked has after the last kill; a cut-off change is taken up after 20


def prepared(folder: Path) -> tuple[Path, list[str]]:
    """A directory with people whom campaigns reach, and their handles."""
    given = decide.make(folder, PEOPLE)
    with Solely(folder / "data", signs=False) as solely:
        solely.give_file(given)
        decide.campaigns(solely, folder, PEOPLE)
        return folder / "data", [handle_of(solely.parts, f"u{n}") for n in range(10 * ASKERS)]


def bench(folder: Path, kills: int, seed: int) -> tuple[str, list[str]]:
    directory, handles = prepared(folder)
    keys, record = keys_of(directory), Record()
    with deployed(directory) as service:
        ports = {name: int(url.rpartition(":")[2]) for name, url in service.urls.items()}
        # each has people of their own: who is asked for twice in one batch is one use
        askers = [Asker(f"asker{n}", ports, keys, record, handles[n::ASKERS]) for n in range(ASKERS)]
        began = time.monotonic()
        for asker in askers:
            asker.start()
        killed = kill(service.running, kills, random.Random(seed), PAUSE, record, partial(_tell, kills))
        took = time.monotonic() - began
        for asker in askers:
            asker.over.set()
            asker.last = time.monotonic() + LAST
        for asker in askers:
            asker.join()
        end = time.monotonic() + LAST
        while undone(directory) and time.monotonic() < end:  # lists that wait to be matched
            time.sleep(0.5)
    found = faults(directory, record)
    if not verified(directory):
        found.append("the ledger does not verify")
    return table(killed, took, record, found), found


def table(killed: Counter[str], took: float, record: Record, found: list[str]) -> str:
    by = ", ".join(f"{name} {count}" for name, count in killed.most_common())
    others = ", ".join(f"{act} {status}: {count}" for (act, status), count in sorted(record.others.items())) or "none"
    return "\n".join(
        [
            f"{killed.total()} kills in {took:.0f} s: {by}",
            f"asked {record.asked.total():,} things, {record.again:,} times again",
            f"acknowledged: {len(record.givings):,} givings, {len(record.factors):,} factors enrolled,",
            f"{len(record.passed):,} challenges passed, {len(record.uploads):,} lists, {record.told:,} uses told",
            f"answered otherwise: {others}",
            f"lost, done twice, or used without an entry: {'; '.join(found) or 'nothing'}",
        ]
    )


def _tell(kills: int, so_far: int) -> None:
    print(f"\r{so_far} of {kills} kills", end="\n" if so_far == kills else "", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as name:
        Path(name).chmod(0o755)
        text, found = bench(Path(name), args.kills, args.seed)
    text += f"\n\n{os.cpu_count()} cores, load {before:.1f} before; seed {args.seed}"
    print(text)
    if args.write:
        keep(text, args.write, BEGIN, END)
    if found:
        sys.exit(1)


if __name__ == "__main__":
    main()
