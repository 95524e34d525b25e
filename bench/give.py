"""How long a million givings take, and what memory: the real command on a file of its own making.

    python bench/give.py [--rows 1000000] [--again]

Memory is the peak of the whole process tree and of PostgreSQL together, what they share counted once (PSS).
`--again` gives the same file a second time: all of it is known then.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOLELY = Path(sys.executable).with_name("solely")
COLUMNS = ("subject", "kind", "value", "purpose", "notice", "given_at", "withdrawn_at")
PURPOSES = ("two-factor", "account-recovery", "login-alert", "service-notice", "tailored-audiences")
DOMAINS = ("gmail.com", "example.com", "example.org", "example.co.jp")
TICK = os.sysconf("SC_CLK_TCK")


def make_rows(folder: Path, rows: int) -> Path:
    """A file of givings, two a person, one in ten withdrawn, and the notices beside it."""
    for purpose in PURPOSES:
        (folder / "notices" / purpose).mkdir(parents=True)
        (folder / "notices" / purpose / "v1.txt").write_text(f"What we use it for: {purpose}.")
    chance = random.Random(1)
    path = folder / "given.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row(chance, number) for number in range(rows))
    return path


def row(chance: random.Random, number: int) -> tuple[str, ...]:
    purpose = chance.choice(PURPOSES)
    if chance.random() < 0.5:
        kind, value = "email", f"Person.{number // 2}@{chance.choice(DOMAINS)}"
    else:
        kind, value = "phone", f"+49 151 {chance.randint(10_000_000, 99_999_999)}"
    given_at = (
        f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{number // 3600 % 24:02}:{number % 60:02}:00Z"
    )
    ended_at = "2025-01-01T00:00:00Z" if chance.random() < 0.1 else ""
    return f"u{number // 2:09}", kind, value, purpose, f"{purpose}/v1", given_at, ended_at


def processes(root: int, directory: Path) -> set[int]:
    """The command, all it started, and the server of the directory with its children."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {root}
    with contextlib.suppress(OSError, ValueError, IndexError):
        found.add(int((directory / "postgres" / "postmaster.pid").read_text().split()[0]))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory_of(pid: int) -> int:
    """Bytes, each shared page divided among those who share it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def give(path: Path, directory: Path, rows: int, what: str) -> None:
    """Run the command and print what it took."""
    start, peak, cpu = time.monotonic(), 0, {}
    command = subprocess.Popen([SOLELY, "give", path, "--dir", directory], stdout=subprocess.DEVNULL)
    while command.poll() is None:
        pids = processes(command.pid, directory)
        peak = max(peak, sum(map(memory_of, pids)))
        cpu |= {pid: used for pid in pids if (used := cpu_of(pid))}
        time.sleep(0.1)
    seconds = time.monotonic() - start
    if command.returncode:
        sys.exit(f"solely give ended with {command.returncode}")
    print(
        f"{what}: {rows:,} rows, {seconds:.1f} s, {rows / seconds:,.0f} rows/s, peak {peak / 1e9:.2f} GB;"
        f" {sum(cpu.values()):.0f} s of CPU on {os.cpu_count()} cores"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--again", action="store_true", help="give the same file a second time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as temp:
        path, directory = make_rows(Path(temp), options.rows), Path(temp) / "data"
        subprocess.run([SOLELY, "init", directory], check=True, stdout=subprocess.DEVNULL)
        give(path, directory, options.rows, "given")
        if options.again:
            give(path, directory, options.rows, "given again")


if __name__ == "__main__":
    main()
