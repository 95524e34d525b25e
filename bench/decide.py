"""Decisions a second: which campaigns may reach a person now, each use of a person durable before it is told.

    python bench/decide.py [--people 20000] [--seconds 5] [--write docs/benchmarks.md]

Ten advertisers each reach a fifth of the people by a campaign. What is timed is the answer, from the handle to what is
durable in the ledger, in process and without HTTP. At the end the ledger's entries are read: where they count another
number of uses than was told, the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

from report import keep

from solely.advertising.campaign import Campaign
from solely.advertising.decision import Decision, Decisions
from solely.advertising.handle import write_handle
from solely.advertising.together import Together
from solely.app import Solely, init
from solely.app.decisions import handle_of, open_campaigns, open_decisions
from solely.store import ledger

ADVERTISERS, PART, FLOOR = 10, 5, 100
PURPOSE, ASKED = "tailored-audiences", 2_000
BATCHES, THREADS = (10, 100, 1_000), (8, 32)
BEGIN, END = "<!-- decisions -->\n", "<!-- end of decisions -->\n"

Ask = Callable[[], Sequence[Decision]]


def address(number: int) -> str:
    return f"someone{number}@example.com"


def make(folder: Path, people: int) -> Path:
    """A directory with a floor that these lists are above, and a file of givings with its notice."""
    shipped = folder / "shipped"
    init(shipped)
    policy = folder / "policy.toml"
    policy.write_text((shipped / "policy.toml").read_text().replace("floor = 1000 ", f"floor = {FLOOR} "))
    init(folder / "data", policy)
    (folder / "notices" / PURPOSE).mkdir(parents=True)
    (folder / "notices" / PURPOSE / "v1.txt").write_text(f"What we use it for: {PURPOSE}.")
    path = folder / "given.csv"
    with path.open("w") as file:
        file.write("subject,kind,value,purpose,notice,given_at,withdrawn_at\n")
        file.writelines(f"u{n},email,{address(n)},{PURPOSE},{PURPOSE}/v1,2026-01-01T00:00Z,\n" for n in range(people))
    return path


def campaigns(solely: Solely, folder: Path, people: int) -> None:
    """A list, an audience and a campaign for each advertiser."""
    chance, added = random.Random(1), open_campaigns(solely.parts)
    for number in range(ADVERTISERS):
        name, path = f"advertiser {number}", folder / "list.csv"
        chosen = chance.sample(range(people), people // PART)
        path.write_text("email\n" + "".join(f"{address(n)}\n" for n in chosen))
        solely.match(path, name, "all")
        added.add(Campaign(name, "sale", ("all",), (), solely.clock(), None))


class Tally:
    """How many askings took how long, and how many uses were told."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.decisions, self.uses = 0, 0

    def ask(self, ask: Ask) -> None:
        start = time.perf_counter()
        told = ask()
        self.took.append(time.perf_counter() - start)
        self.decisions += len(told)
        self.uses += sum(len(one.reached) for one in told)


def timed(name: str, asks: Sequence[Ask], seconds: float, whole: Tally) -> str:
    """Ask for so long, each in a thread of its own; a line of the table."""
    tallies = [Tally() for _ in asks]
    end = time.perf_counter() + seconds

    def work(tally: Tally, ask: Ask) -> None:
        while time.perf_counter() < end:
            tally.ask(ask)

    for ask in asks:  # warms up, and is in no table, but in the ledger
        warm = Tally()
        warm.ask(ask)
        whole.uses += warm.uses
    threads = [threading.Thread(target=work, args=both) for both in zip(tallies, asks, strict=True)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    decisions, uses = sum(one.decisions for one in tallies), sum(one.uses for one in tallies)
    whole.uses += uses
    took = sorted(second for one in tallies for second in one.took)
    p50, p99 = took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3
    return f"{name:34}{decisions / spent:>11,.0f}{uses / spent:>10,.0f}{p50:>9.1f}{p99:>9.1f}"


def rates(decisions: Decisions, known: Sequence[str], strangers: Sequence[str], seconds: float) -> Iterator[str]:
    """The lines; at the end the ledger has as many uses as were told."""
    chance, whole, before = random.Random(2), Tally(), uses(decisions)

    def asking(handles: Sequence[str], count: int) -> Ask:
        return lambda: decisions.decide_all(chance.sample(handles, count))

    yield f"{'':34}{'decisions':>11}{'uses':>10}{'p50 ms':>9}{'p99 ms':>9}"
    yield timed("one by one, reached by nobody", [asking(strangers, 1)], seconds, whole)
    yield timed("one by one", [asking(known, 1)], seconds, whole)
    for count in BATCHES:
        yield timed(f"{count:,} at once", [asking(known, count)], seconds, whole)
    for count in THREADS:
        together = Together(decisions.decide_all)
        asks = [one_by_one(together, known[first::count]) for first in range(count)]
        yield timed(f"{count} threads, each one by one", asks, seconds, whole)
    if (written := uses(decisions) - before) != whole.uses:
        sys.exit(f"{whole.uses:,} uses were told, and {written:,} are in the ledger")


def one_by_one(together: Together, handles: Sequence[str]) -> Ask:
    """One thread's people are nobody else's: who is asked for twice in one batch is one use."""
    chance = random.Random(handles[0])
    return lambda: [together.decide(chance.choice(handles))]


def uses(decisions: Decisions) -> int:
    """How many people's uses the ledger's entries of decisions count."""
    connection = decisions.gate.connection  # type: ignore[attr-defined]  # the trial's own ledger
    entries = (json.loads(record.body) for record in ledger.records(connection, 0))
    return sum(one["details"]["people"] for one in entries if one.get("details", {}).get("of") == "decision")


def bench(folder: Path, people: int, seconds: float) -> str:
    given = make(folder, people)
    with Solely(folder / "data", signs=False) as solely:
        print(f"{people:,} people, {ADVERTISERS} campaigns", file=sys.stderr, flush=True)
        solely.give_file(given)
        campaigns(solely, folder, people)
        known = [handle_of(solely.parts, f"u{n}") for n in range(ASKED)]
        strangers = [write_handle("advertising", uuid4()) for _ in range(ASKED)]
        lines = [f"Decisions a second, durable, one process; {people:,} people, {ADVERTISERS} campaigns"]
        for line in rates(open_decisions(solely.parts), known, strangers, seconds):
            print(line, file=sys.stderr, flush=True)
            lines.append(line)
    return "\n".join([*lines, "", f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as folder:
        Path(folder).chmod(0o755)
        text = bench(Path(folder), args.people, args.seconds)
    print(text)
    if args.write:
        keep(text, args.write, BEGIN, END)


if __name__ == "__main__":
    main()
