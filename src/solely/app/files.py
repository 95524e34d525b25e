"""A verb that needs no data directory: look at a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from solely.audiences.lists import ListReport, read_list

__all__ = ["validate"]


def validate(
    path: Path,
    *,
    country: str | None = None,
    columns: Mapping[int, str] | None = None,
    rejects: TextIO | None = None,
    progress: Callable[[int], None] | None = None,
) -> ListReport:
    """Read a customer list and say what it holds; nothing is matched, nothing kept."""
    reading = read_list(path, country=country, columns=columns, rejects=rejects, progress=progress)
    for _ in reading:
        pass
    return reading.report
