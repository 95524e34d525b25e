"""The table that is printed: seconds and ratios in 80 columns, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg

__all__ = ["Figures", "keep", "machine", "table"]

Figures = Mapping[str, Sequence[float]]  # seconds, by engine, one for each size

_NAME, _CELL = 28, 17


def table(title: str, sizes: Sequence[str], figures: Figures, first: str) -> str:
    """Each engine's seconds, and how many times those of `first`."""
    lines = [title, "".join([f"{'':{_NAME}}", *(f"{size:>{_CELL}}" for size in sizes)])]
    for name, seconds in figures.items():
        cells = [
            f"{f'{one:.3f} s':>9}{_ratio(one, base):>8}" for one, base in zip(seconds, figures[first], strict=True)
        ]
        lines.append("".join([f"{name:{_NAME}}", *cells]))
    return "\n".join(line.rstrip() for line in lines)


def _ratio(seconds: float, base: float) -> str:
    ratio = seconds / base
    return f"x {ratio:.1f}" if ratio < 99.5 else f"x {ratio:.0f}"


def machine(connection: psycopg.Connection) -> str:
    """Cores, memory and versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    (postgres,) = connection.execute("SHOW server_version").fetchone() or ("",)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "numpy"))
    return (
        f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {memory:.0f} GB;"
        f" Python {platform.python_version()},\n{libraries}, PostgreSQL {postgres}"
    )


def keep(text: str, page: Path, begin: str, end: str) -> None:
    """Put the figures in their place on the page, between two of its lines."""
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n```text\n{text}\n```\n\n{end}{after}")
