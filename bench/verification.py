"""Two-step checks a second, durable, beside privacyIDEA's own on the same PostgreSQL server, in one run.

    python bench/verification.py [--seconds 10] [--write docs/benchmarks.md]

Both are called in process, without HTTP. privacyIDEA checks one token at a time, which is what it can; Solely one
answer at a time, and as a busy service does it: whoever waits shares a statement and a commit (32 at once).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import privacyidea
from report import keep

from solely.app import init
from solely.app.directory import read_keyring
from solely.store import server

CHECKS = Path(__file__).with_name("checks.py")
KINDS = ("totp right", "totp wrong", "e-mail answer", "recovery code", "webauthn")
BATCH = 32
RATE, RATE_SECONDS = 500, 10
BEGIN, END = "<!-- checks -->\n", "<!-- end of checks -->\n"


class Process:
    """A child with people of its own on the same directory."""

    def __init__(self, directory: Path, number: int) -> None:
        self.child = subprocess.Popen(
            [sys.executable, str(CHECKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.order({"directory": str(directory), "prefix": f"p{number}"})

    def order(self, words: dict[str, object]) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(words) + "\n")
        self.child.stdin.flush()

    def answer(self) -> dict[str, float]:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            sys.exit("a process of the checks ended")
        return json.loads(line)

    def end(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(60)


def together(processes: Sequence[Process], order: dict[str, object]) -> list[dict[str, float]]:
    for process in processes:
        process.order(order)
    return [process.answer() for process in processes]


def rate(answers: Sequence[dict[str, float]]) -> float:
    return sum(one["checks"] / one["seconds"] for one in answers)


def ours(processes: Sequence[Process]) -> dict[str, tuple[float, float, float, float]]:
    """By kind: checks a second one by one and 32 at once, the p95 one by one in ms, processor ms 32 at once."""
    found = {}
    for kind in KINDS:
        print(f"  {kind}", file=sys.stderr, flush=True)
        together(processes, {"kind": kind, "batch": BATCH})  # makes its people, and warms up
        alone = together(processes, {"kind": kind, "batch": 1})
        many = together(processes, {"kind": kind, "batch": BATCH})
        p95 = max(one["p95"] for one in alone) * 1e3
        used = sum(one["processor"] for one in many) / sum(one["checks"] for one in many) * 1e3
        found[kind] = (rate(alone), rate(many), p95, used)
    return found


def table(cores: int, mine: dict[str, tuple[float, float, float, float]], theirs: dict[str, privacyidea.Rate]) -> str:
    lines = [
        f"Two-step checks a second, durable, {cores} process{'es' if cores > 1 else ''}",
        f"{'':16}{'Solely':>9}{'p95 ms':>8}{'32 at once':>12}{'privacyIDEA':>13}{'p95 ms':>8}{'ratio':>14}",
    ]
    for kind, (alone, many, p95, _) in mine.items():
        other = theirs.get(kind)
        line = f"{kind:16}{alone:>9,.0f}{p95:>8.1f}{many:>12,.0f}"
        if other:
            ratio = f"x{alone / other.per_second:.0f} / x{many / other.per_second:.0f}"
            line += f"{other.per_second:>13,.0f}{other.p95_ms:>8.1f}{ratio:>14}"
        lines.append(line)
    return "\n".join(lines)


def bench(folder: Path, seconds: float) -> list[str]:
    directory = folder / "data"
    init(directory)
    texts = []
    password = read_keyring(directory, "owner").secret("database")
    with server.running(directory / "postgres") as host:
        processes = [Process(directory, number) for number in range(2)]
        for cores in (1, 2):
            print(f"Solely, {cores} at work", file=sys.stderr, flush=True)
            mine = ours(processes[:cores])
            print("privacyIDEA", file=sys.stderr, flush=True)
            theirs = privacyidea.measure(host, password, seconds=seconds, processes=cores)
            texts.append(table(cores, mine, theirs))
        print(f"{RATE} a second", file=sys.stderr, flush=True)
        (late,) = together(processes[:1], {"rate": RATE, "seconds": RATE_SECONDS})
        times = ", ".join(f"{name} {late[name] * 1e3:.1f} ms" for name in ("p50", "p95", "p99"))
        texts.append(f"TOTP at {RATE} a second, come at random, one process: {times}")
        texts.append(
            f"load {os.getloadavg()[0]:.1f}; privacyIDEA {privacyidea.VERSION}; ratio: one by one / 32 at once"
        )
        for process in processes:
            process.end()
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as folder:
        Path(folder).chmod(0o755)
        text = "\n\n".join(bench(Path(folder), args.seconds))
    print(text)
    if args.write:
        keep(text, args.write, BEGIN, END)


if __name__ == "__main__":
    main()
