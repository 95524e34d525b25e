"""The service under load: the highest rate that keeps p99 low, that rate held, overload, slow clients, and memory.

    python bench/load.py [--seconds 600] [--warm 300] [--probe 8] [--rate R] [--write docs/benchmarks.md]

- The service is as it is deployed: `solely serve --split`, a process for each compartment, on the embedded PostgreSQL.
- Acts come at random at a rate, whether or not those before are answered, and each one's time begins when it was due:
  a client that waited for the service before it asks again would hide how long others wait.
- The client is on the same machine and takes its share of the processors; as root it goes before the service there,
  so that what it waits for is the service.
- Before a rate is measured three times as many come for a moment, and then it is held for a while: what a process
  needs once it has then, as for many at a time, and memory tells what grows.
- Exit code 1 where the held rate's p99, the memory's slope, what overload or slow clients do is worse than it may be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import uvloop
from offering import Client, Load
from report import keep
from serving import Split, memory_mb, split
from wire import Seen

from acts import Acts, make
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.purpose import read_policy
from solely.store import server
from solely.store.database import Database

BEGIN, END = "<!-- load -->\n", "<!-- end of load -->\n"
PEOPLE = 4_000
P99, TURNED, TIMES = 100.0, 50.0, 2.0  # ms: of what is answered, of what is turned away; beside slow clients
SLOPE = 1.0  # MB an hour
FIRST, STEP, HALVINGS, MARGIN = 60.0, 1.5, 3, 0.9
TRY = 30.0  # seconds for which a rate is tried before it is held
ENOUGH = 50  # times from which a p99 is told
OVER, OVER_SECONDS, SHARE = 3, 15.0, 1.0  # SHARE: per cent that are turned away at least, or it is no overload
MOST_OVER = 40.0  # times the rate: more than this client can ask for
SLOW, SLOW_EACH, SLOW_SECONDS = 1_000, 10.0, 25.0  # connections; seconds between two of their bytes
DRIP = Path(__file__).with_name("drip.py")
LOOKS = 200  # at memory, while a rate is held
BEFORE = -10  # the client's nice value, where it may have one


def well(found: Mapping[str, Load]) -> bool:
    """Whether all was done, and each act's p99 is low enough."""
    whole = [second for load in found.values() for second in load.done.times]
    return (
        all(not load.away.times and not load.wrong.times for load in found.values())
        and Seen(whole).ms(0.99) <= P99
        and all(load.done.ms(0.99) <= P99 for load in found.values() if load.count >= ENOUGH)
    )


class Memory:
    """What each process has in memory, over time."""

    def __init__(self, service: Split) -> None:
        self._service = service
        self.seen: dict[str, list[tuple[float, float]]] = {}

    async def watch(self, every: float) -> None:
        while True:
            for name, pid in self._service.pids().items():
                with suppress(OSError):
                    self.seen.setdefault(name, []).append((time.perf_counter(), memory_mb(pid)))
            await asyncio.sleep(every)

    def tell(self) -> None:
        """Say how it went: one that settles and one that grows for ever may have the same slope."""
        for name, points in self.seen.items():
            tenths = points[:: max(1, len(points) // 10)]
            say(f"memory of {name}: " + " ".join(f"{size:.1f}" for _, size in tenths))

    def slopes(self) -> dict[str, tuple[float, float]]:
        """By process, MB at the end, and MB an hour by least squares."""
        return {name: (points[-1][1], 3600 * slope(points)) for name, points in self.seen.items()}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By least squares."""
    x, y = (sum(each) / len(points) for each in zip(*points, strict=True))
    spread = sum((one - x) ** 2 for one, _ in points)
    return sum((one - x) * (other - y) for one, other in points) / spread if spread else 0.0


@contextmanager
def dripping(ports: Sequence[int], key: str) -> Iterator[None]:
    """A thousand slow clients, in a process of their own."""
    orders = {"ports": list(ports), "key": key, "clients": SLOW, "each": SLOW_EACH}
    child = subprocess.Popen([sys.executable, str(DRIP)], stdin=subprocess.PIPE, text=True)
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(orders) + "\n")
        child.stdin.flush()
        yield
    finally:
        child.kill()
        child.wait()


# -- the run


class Run:
    """One run: each phase makes lines of the report, and notes what is not as it should be."""

    def __init__(self, client: Client, acts: Acts, service: Split, key: str) -> None:
        self._client, self._acts, self._service, self._key = client, acts, service, key
        self.lines: list[str] = []
        self.faults: list[str] = []

    async def offer(self, rate: float, seconds: float) -> dict[str, Load]:
        self._acts.prepare(int(rate * seconds) + 1_000)
        found = await self._client.offer(rate, seconds)
        whole, wrong = whole_of(found), sum(len(load.wrong.times) for load in found.values())
        away = sum(len(load.away.times) for load in found.values())
        say(f"{rate:6.0f} a second for {seconds:.0f} s: p99 {whole.ms(0.99):6.1f} ms, {away} away, {wrong} wrong")
        return found

    async def highest(self, probe: float) -> float:
        """The highest rate that keeps p99 low for so short a time."""
        await self.offer(FIRST / 2, probe)  # warms up
        low, high = 0.0, FIRST
        while well(await self.offer(high, probe)):
            low, high = high, high * STEP
        for _ in range(HALVINGS if low else 5):
            middle = (low + high) / 2
            if well(await self.offer(middle, probe)):
                low = middle
            else:
                high = middle
        return low

    async def held(self, rate: float, warm: float, seconds: float) -> float:
        """Hold a rate; a little less where it was too much, and that is told. Returns the one that was held."""
        rate *= MARGIN
        while not well(await self.offer(rate, TRY)):
            rate *= MARGIN
            if rate < 1:
                sys.exit("not even one act a second keeps p99 low: is the machine busy?")
        await self.offer(OVER * rate, OVER_SECONDS)
        await self.offer(rate, warm)
        memory = Memory(self._service)
        watch = asyncio.create_task(memory.watch(seconds / LOOKS))
        found = await self.offer(rate, seconds)
        watch.cancel()
        self.lines += [f"{rate:.0f} acts a second held for {seconds:.0f} s, and {warm:.0f} s before", *table(found)]
        self._fault(not well(found), f"p99 over {P99:.0f} ms, or not all was done, at the held rate")
        self.lines += ["", f"{'memory':16}{'MB':>10}{'MB an hour':>12}"]
        memory.tell()
        for name, (size, grows) in memory.slopes().items():
            self.lines.append(f"{name:16}{size:>10.1f}{grows:>12.2f}")
            self._fault(grows > SLOPE, f"the memory of {name} grows by {grows:.2f} MB an hour")
        return rate

    async def overload(self, rate: float) -> None:
        """So many more that some are turned away: three times as many, and half as many again while all are done."""
        over = float(OVER)
        while True:
            found = await self.offer(over * rate, OVER_SECONDS)
            away, done = Seen(), whole_of(found)
            for load in found.values():
                away.times += load.away.times
            share = 100 * len(away.times) / sum(load.count for load in found.values())
            if share >= SHARE or over > MOST_OVER:
                break
            over *= STEP
        wrong, others = sum(len(load.wrong.times) for load in found.values()), len(done.times) / OVER_SECONDS
        self.lines += [
            "",
            f"{over:.1f} times as many, for {OVER_SECONDS:.0f} s: {share:.0f} % turned away, {_times(away)}",
            f"the others: {others:.0f} a second, {_times(done)}; {wrong} neither",
        ]
        self._fault(share < SHARE, "nobody is turned away, however many come")
        self._fault(away.ms(0.99) > TURNED, f"what is turned away takes {away.ms(0.99):.0f} ms")
        self._fault(wrong > 0 or not done.times, "under overload something was answered neither so nor so")
        await asyncio.sleep(2)

    async def slow(self, rate: float) -> None:
        before = whole_of(await self.offer(rate / 2, SLOW_SECONDS))
        with dripping(list(self._service.ports.values()), self._key):
            await asyncio.sleep(SLOW_EACH + 2)
            beside = await self.offer(rate / 2, SLOW_SECONDS)
        after = whole_of(beside)
        times = after.ms(0.99) / before.ms(0.99)
        self.lines += [
            "",
            f"{SLOW:,} slow clients, and {rate / 2:.0f} acts a second of others: before, {_times(before)};",
            f"beside them, {_times(after)}, x {times:.2f}",
        ]
        self._fault(times >= TIMES, f"slow clients make others wait {times:.1f} times as long")
        out = any(load.away.times or load.wrong.times for load in beside.values())
        self._fault(out, "slow clients keep others out")

    def _fault(self, is_one: object, what: str) -> None:
        if is_one:
            self.faults.append(what)


def whole_of(found: Mapping[str, Load]) -> Seen:
    return Seen([second for load in found.values() for second in load.done.times])


def _times(seen: Seen) -> str:
    return f"p50 {seen.ms(0.5):.1f} ms, p99 {seen.ms(0.99):.1f} ms"


def table(found: Mapping[str, Load]) -> list[str]:
    lines = [f"{'':16}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'away':>7}{'errors':>8}"]
    for name, load in found.items():
        times = "".join(f"{load.done.ms(part):>9.1f}" for part in (0.5, 0.95, 0.99))
        lines.append(f"{name:16}{load.done.rate:>10.1f}{times}{len(load.away.times):>7}{len(load.wrong.times):>8}")
    return lines


def say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


async def measured(run: Run, client: Client, args: argparse.Namespace) -> None:
    rate = await run.held(args.rate or await run.highest(args.probe), args.warm, args.seconds)
    await run.overload(rate)
    await run.slow(rate)
    client.close()


def bench(folder: Path, args: argparse.Namespace) -> tuple[str, list[str]]:
    before = os.getloadavg()[0]
    directory, made = make(folder, PEOPLE)
    policy = read_policy((directory / "policy.toml").read_bytes())
    with (
        split(directory) as service,
        server.running(directory / "postgres") as host,
        Parts(Ground(directory, Database(host), policy)) as parts,
    ):
        acts = Acts(made, parts)
        client = Client(acts.all, service.ports.__getitem__)
        run = Run(client, acts, service, made.keys["security"])
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, BEFORE)
        uvloop.run(measured(run, client, args))
    return "\n".join([*run.lines, "", f"{os.cpu_count()} cores, load {before:.1f} before"]), run.faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long the rate is held")
    parser.add_argument("--warm", type=float, default=300.0, help="how long it is held before that")
    parser.add_argument("--probe", type=float, default=8.0, help="how long each rate is tried")
    parser.add_argument("--rate", type=float, help="a rate to begin with, where the highest is not looked for")
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))  # the service ends with it
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as name:
        Path(name).chmod(0o755)
        text, faults = bench(Path(name), args)
    print(text)
    if args.write:
        keep(text, args.write, BEGIN, END)
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
