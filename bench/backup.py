"""Backup and restore of a directory with many givings: how long each takes, and how large it is.

bench/backup.py [--givings N]
"""

from __future__ import annotations

import argparse
import csv
import shutil
import tempfile
import time
from pathlib import Path

from solely.app import Solely, init
from solely.app.backup import back_up
from solely.app.restore import Newer, restore

PURPOSES = ("two-factor", "tailored-audiences", "service-notice", "ad-measurement")


def write_givings(path: Path, count: int) -> None:
    """Givings of a quarter as many people, each for every purpose of PURPOSES."""
    for purpose in PURPOSES:
        (path.parent / "notices" / purpose).mkdir(parents=True)
        (path.parent / "notices" / purpose / "v1.txt").write_text(f"What it is for: {purpose}")
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("subject", "kind", "value", "purpose", "notice", "given_at", "withdrawn_at"))
        for number in range(count):
            person, purpose = number // len(PURPOSES), PURPOSES[number % len(PURPOSES)]
            row = (f"p{person}", "email", f"person{person}@example.com", purpose, f"{purpose}/v1")
            out.writerow((*row, "2026-01-01T00:00:00Z", ""))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--givings", type=int, default=1_000_000)
    count = parser.parse_args().givings
    place = Path(tempfile.mkdtemp(prefix="solely-bench-"))
    try:
        init(place / "data")
        write_givings(place / "given.csv", count)
        with Solely(place / "data") as solely:
            given = solely.give_file(place / "given.csv")
            start = time.perf_counter()
            back_up(solely, place / "rows" / "one", place / "keys")
            backing = time.perf_counter() - start
        start = time.perf_counter()
        restore(place / "rows" / "one", place / "keys", place / "back", Newer())
        restoring = time.perf_counter() - start
        parts = {"database": place / "data" / "postgres", "backup": place / "rows", "keys apart": place / "keys"}
        sizes = ", ".join(f"{name} {size(folder) / 1e6:,.0f} MB" for name, folder in parts.items())
        print(f"{given.given:,} givings: backup {backing:.1f} s, restore {restoring:.1f} s; {sizes}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
