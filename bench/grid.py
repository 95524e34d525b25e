"""Every list of fifteen worlds against their truth: five seeds, at 2,000, 20,000 and 200,000 people.

For each world: the rows and unusable rows of ten lists, the members of their audiences for both advertising
purposes, and the people affected by the legacy tables, person by person. Any difference ends it with 1.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from main_job import differences
from world import make_world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="*", default=[2_000, 20_000, 200_000])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    args = parser.parse_args()
    wrong = 0
    print("   people  seed  givings  checks  differences  seconds", flush=True)
    for people in args.people:
        for seed in args.seeds:
            start = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="solely-grid-") as folder:
                out = Path(folder)
                truth = make_world(out / "world", people, seed)
                found = differences(out / "world", truth, out / "data")
            wrong += len(found.differences)
            took = time.monotonic() - start
            print(
                f"{people:>9,}  {seed:>4}  {found.givings:>7,}  {found.checks:>6}  {len(found.differences):>11}"
                f"  {took:>7.1f}",
                flush=True,
            )
            for difference in found.differences:
                print(f"           {difference}")
    print("all equal" if not wrong else f"{wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
