"""The ledger beside what one would write instead: appending durably, proving one entry, verifying all.

    python bench/ledger.py [--entries 10000 300000] [--members 1000000] [--seconds 0.5] [--repeat 2] [--write PAGE]

The large figures: --entries 10000 1000000 10000000 --members 10000000 (an hour on two cores, 20 GB below $TMPDIR).
Everything is in one PostgreSQL with fsync on, the product's own. Beside Solely: an audit table, one row an entry; the
same with a hash chain, each row's hash over the one before; a file of JSON lines with fsync.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ledger_log import Figure, lay_down, member_figures, proof_figures, store_figures
from ledger_writers import SIZES, WAYS, ground, rates
from report import keep

from solely.app import init

BEGIN, END = "<!-- ledger -->\n", "<!-- end of ledger -->\n"


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def rate_table(writers: int, measured: dict[str, list[float]]) -> str:
    head = f"Entries a second, durable, {writers} writer{'s' if writers > 1 else ''}, by entries in a commit"
    lines = [head, f"{'':20}" + "".join(f"{size:>12,}" for size in SIZES)]
    for name in WAYS:
        ratios = [one / ours for one, ours in zip(measured[name], measured["Solely"], strict=True)]
        lines.append(f"{name:20}" + "".join(f"{one:>12,.0f}" for one in measured[name]))
        if name != "Solely":
            lines.append(f"{'':20}" + "".join(f"{f'x {one:.1f}':>12}" for one in ratios))
    return "\n".join(lines)


def figure_table(title: str, names: list[str], columns: list[list[Figure]]) -> str:
    lines = [title, f"{'':38}" + "".join(f"{name:>14}" for name in names)]
    rows = zip(*columns, strict=True)
    lines += [f"{row[0].name:38}" + "".join(f"{one.text:>14}" for one in row) for row in rows]
    return "\n".join(lines)


def bench(folder: Path, args: argparse.Namespace) -> list[str]:
    texts = []

    def show(text: str) -> None:
        print(text, end="\n\n", flush=True)
        texts.append(text)

    init(folder / "data")
    with ground(folder / "data") as here:
        for writers in (1, 2):
            say(f"{writers} writing")
            show(rate_table(writers, rates(here, folder, writers, args.seconds, args.repeat)))
    names, whole, proofs = [f"{size:,}" for size in args.entries], [], []
    for size in args.entries:
        say(f"a log of {size:,}")
        directory = folder / f"log{size}"
        whole.append([lay_down(directory, size), *store_figures(directory, say)])
        proofs.append(proof_figures(directory, size))
    show(figure_table("A whole log", names, whole))
    show(figure_table("One entry", names, proofs))
    say(f"{args.members:,} members")
    show(figure_table("One of the members of an entry", [f"{args.members:,}"], [member_figures(args.members)]))
    show(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; x: times as many as Solely;"
        f" appending: best of {args.repeat}, else measured once;\n"
        "seconds are of the whole command, its start too; peak: all processes, what they share counted once"
    )
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 300_000])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each way appends")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--write", type=Path, help="put the figures on this page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solely-bench-") as folder:
        texts = bench(Path(folder), args)
    if args.write:
        keep("\n\n".join(texts), args.write, BEGIN, END)


if __name__ == "__main__":
    main()
