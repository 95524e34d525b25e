"""Two-step answers over HTTP, durable, beside privacyIDEA under gunicorn on the same PostgreSQL server, in one run.

    python bench/http_answers.py [--seconds 10] [--processes 2] [--connections 32] [--write docs/benchmarks.md]

- Solely is as it is deployed: so many processes of the security compartment, linked to one of the registry and one of
  the ledger, each with its own key file and role. privacyIDEA has as many of gunicorn's sync workers.
- One client asks both, over as many connections; each asks again as soon as it is answered.
- What was acknowledged is counted afterwards by a connection of its own; a difference ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from answering import Enrolled, Way, enrol, passed, round_of, service_key
from privacyidea import VERSION, environment, fresh_database
from report import keep
from serving import postmaster, processor_ms, started
from wire import FORM, Seen, Wire, ask_all, request

from solely.app import Solely, init
from solely.app.directory import read_keyring
from solely.app.ground import Ground
from solely.app.parts import Parts
from solely.purpose import read_policy
from solely.store import server
from solely.store.database import Database

BEGIN, END = "<!-- answers -->\n", "<!-- end of answers -->\n"
PERSONS = 400
WARM = 1  # rounds
WAYS: tuple[Way, ...] = ("totp", "e-mail")
WSGI = 'from privacyidea.app import create_app\napp = create_app("production", {config!r}, silent=True)\n'
PREPARE = Path(__file__).with_name("privacyidea_http.py")


@dataclass(frozen=True)
class Figures:
    """What one of the two answered, and the processor time of each answer in ms: its own processes, PostgreSQL's."""

    seen: Seen
    own: float
    database: float


class Clocks:
    """Processor time of some processes and of the database, while answers are under way alone."""

    def __init__(self, pids: Sequence[int], database: int) -> None:
        self.pids, self.database = pids, database
        self.used = [0.0, 0.0]

    def _now(self) -> tuple[float, float]:
        return sum(map(processor_ms, self.pids)), processor_ms(self.database)

    @contextmanager
    def running(self) -> Iterator[None]:
        before = self._now()
        yield
        self.used = [sum(each) for each in zip(self.used, self._now(), (-one for one in before), strict=True)]


async def rounds(
    wires: Sequence[Wire],
    prepare: Callable[[], tuple[Sequence[Any], Callable[[], int]]],
    do: Callable[[Wire, Any], Awaitable[int]],
    seconds: float,
    clocks: Clocks,
) -> Figures:
    """Rounds of answers until they took so long. `prepare` makes one, and what counts afterwards what it left."""
    for _ in range(WARM):
        await ask_all(wires, prepare()[0], do, Seen())
    seen = Seen()
    clocks.used = [0.0, 0.0]
    while seen.seconds < seconds:
        (jobs, count), before = prepare(), len(seen.times)
        with clocks.running():
            await ask_all(wires, jobs, do, seen)
        if set(seen.statuses) != {200}:
            sys.exit(f"answered {dict(seen.statuses)}")
        if (found := count()) != len(seen.times) - before:
            sys.exit(f"{len(seen.times) - before} acknowledged, {found} kept")
    return Figures(seen, *(used / len(seen.times) for used in clocks.used))


# -- Solely


async def answered(wire: Wire, data: bytes) -> int:
    status, body = await wire.ask(data)
    return status if status != 200 or b'"proof":{' in body else 0


async def ours(
    parts: Parts, people: dict[Way, Enrolled], ports: Sequence[int], clocks: Clocks, args: argparse.Namespace
) -> dict[str, Figures]:
    key = service_key(parts, "security")
    wires = [Wire(ports[n % len(ports)]) for n in range(args.connections)]
    other = parts.login("security")

    def ready(way: Way) -> tuple[list[bytes], Callable[[], int]]:
        made = round_of(parts, people[way], key)
        return made.requests, lambda: passed(other, made.challenges)

    def unbegun() -> tuple[list[tuple[bytes, bytes, bytes]], Callable[[], int]]:
        """The same where the challenge is asked for first: its id takes the place of one that was made up."""
        made = round_of(parts, people["totp"], key, begun=False)
        starts = [
            request("POST", f"/v1/subjects/{one}/challenges", {"after_password": True}, key=key)
            for one in people["totp"].factors
        ]
        ids.clear()
        jobs = list(zip(starts, made.requests, (str(one).encode() for one in made.challenges), strict=True))
        return jobs, lambda: passed(other, ids)

    async def both(wire: Wire, job: tuple[bytes, bytes, bytes]) -> int:
        status, body = await wire.ask(job[0])
        if status != 201:
            return status
        id_ = json.loads(body)["id"]
        ids.append(uuid.UUID(id_))
        return await answered(wire, job[1].replace(job[2], id_.encode()))

    ids: list[uuid.UUID] = []
    found: dict[str, Figures] = {}
    for way in WAYS:
        found[way] = await rounds(wires, lambda way=way: ready(way), answered, args.seconds, clocks)
    found["totp, begun too"] = await rounds(wires, unbegun, both, args.seconds, clocks)
    for wire in wires:
        wire.close()
    return found


# -- privacyIDEA


class Prepared:
    """The process beside privacyIDEA's web server."""

    def __init__(self, python: Path, orders: dict[str, Any], handle: int) -> None:
        self.child = subprocess.Popen(
            [str(python), "-P", "-W", "ignore", str(PREPARE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=orders["folder"],
            pass_fds=(handle,),
        )
        self.ask(orders)

    def ask(self, order: dict[str, Any]) -> Any:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            sys.exit("privacyIDEA's process ended")
        return json.loads(line)

    def round(self, way: Way) -> tuple[list[bytes], Callable[[], int]]:
        asked = [request("POST", "/validate/check", one, type_=FORM) for one in self.ask({"kind": way})]
        return asked, lambda: int(self.ask({"kept": way}))


async def checked(wire: Wire, data: bytes) -> int:
    status, body = await wire.ask(data)
    return status if status != 200 or json.loads(body)["result"].get("value") is True else 0


@contextmanager
def gunicorn(python: Path, folder: Path, workers: int, handle: int) -> Iterator[tuple[int, int]]:
    """The web server of privacyIDEA; its process id and port."""
    (folder / "served.py").write_text(WSGI.format(config=str(folder / "pi0.cfg")))
    command = [str(python), "-P", "-W", "ignore", "-m", "gunicorn", "--workers", str(workers), "--worker-class", "sync"]
    command += ["--bind", "127.0.0.1:0", "--backlog", "2048", "served:app"]
    log = folder / "gunicorn.log"
    with log.open("w") as errors:
        child = subprocess.Popen(command, cwd=folder, stderr=errors, pass_fds=(handle,))
    try:
        yield child.pid, _port(log, child)
    finally:
        child.terminate()
        child.wait(60)


def _port(log: Path, child: subprocess.Popen[bytes]) -> int:
    while child.poll() is None:
        _, found, rest = log.read_text().partition("Listening at: http://127.0.0.1:")
        if found and "Booting worker" in rest:
            return int(rest.split()[0])
        time.sleep(0.1)
    sys.exit(f"gunicorn ended with {child.returncode}:\n{log.read_text()[-2000:]}")


async def theirs(prepared: Prepared, port: int, clocks: Clocks, args: argparse.Namespace) -> dict[str, Figures]:
    wires = [Wire(port) for _ in range(args.connections)]
    found: dict[str, Figures] = {}
    for way in WAYS:
        found[way] = await rounds(wires, lambda way=way: prepared.round(way), checked, args.seconds, clocks)
    return found


def rival(host: str, password: str, database: int, args: argparse.Namespace) -> dict[str, Figures]:
    python = environment()
    with (
        tempfile.TemporaryDirectory(prefix="solely-privacyidea-") as files,
        fresh_database(host, password) as (orders, handle),
    ):
        orders |= {"folder": files, "seconds": args.seconds, "processes": args.processes}
        prepared = Prepared(python, orders, handle)
        with gunicorn(python, Path(files), args.processes, handle) as (pid, port):
            found = uvloop.run(theirs(prepared, port, Clocks([pid], database), args))
        assert prepared.child.stdin is not None
        prepared.child.stdin.close()
        prepared.child.wait(60)
    return found


# -- both


def table(processes: int, connections: int, mine: dict[str, Figures], other: dict[str, Figures]) -> str:
    lines = [
        f"Two-step answers a second over HTTP, durable: {processes} processes each, {connections} connections",
        f"{'':29}{'a second':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'own':>8}{'PG':>7}{'ratio':>7}",
    ]
    for name, figures in mine.items():
        base = other.get(name) or other[name.partition(",")[0]]
        lines.append(_line(f"Solely, {name}", figures, f"x {figures.seen.rate / base.seen.rate:.0f}"))
        if name in other:
            lines.append(_line(f"privacyIDEA, {name}", base, ""))
    return "\n".join(lines)


def _line(name: str, of: Figures, ratio: str) -> str:
    times = "".join(f"{of.seen.ms(part):>9.1f}" for part in (0.5, 0.95, 0.99))
    return f"{name:29}{of.seen.rate:>9,.0f}{times}{of.own:>8.2f}{of.database:>7.2f}{ratio:>7}".rstrip()


def bench(folder: Path, args: argparse.Namespace) -> str:
    directory = folder / "data"
    init(directory)
    with Solely(directory, signs=False) as solely:
        people = {way: enrol(solely, way, PERSONS, "person") for way in WAYS}
    password = read_keyring(directory, "owner").secret("database")
    policy = read_policy((directory / "policy.toml").read_bytes())
    with server.running(directory / "postgres") as host:
        database = postmaster(directory)
        names = ["ledger", "registry", *["security"] * args.processes]
        with (
            started(directory, names) as processes,
            Parts(Ground(directory, Database(host), policy)) as parts,
        ):
            ports = [port for process, port in processes if process.name == "security"]
            clocks = Clocks([process.pid for process, _ in processes], database)
            print("Solely", file=sys.stderr, flush=True)
            mine = uvloop.run(ours(parts, people, ports, clocks, args))
        print("privacyIDEA", file=sys.stderr, flush=True)
        other = rival(host, password, database, args)
    return table(args.processes, args.connections, mine, other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as folder:
        Path(folder).chmod(0o755)
        text = bench(Path(folder), args)
    told = "own, PG: ms of processor time for an answer, of its own processes and of PostgreSQL"
    text += f"\n\n{os.cpu_count()} cores, load {before:.1f} before; privacyIDEA {VERSION}; {told}"
    print(text)
    if args.write:
        keep(text, args.write, BEGIN, END)


if __name__ == "__main__":
    main()
