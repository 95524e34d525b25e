"""Verbs that need no data directory: look at a list, audit a platform's existing tables."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TextIO

from solely.answer.audit import AuditReport, audit
from solely.audiences.lists import ListReport, read_list

__all__ = ["audit_tables", "validate"]

_AUDIT_MEMORY = 4 * 1024**3  # bytes; beyond that an audit spills to disk


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


def audit_tables(
    contacts: Path,
    audiences: Path,
    *,
    legal: Collection[str],
    contact_columns: Mapping[str, str],
    audience_columns: Mapping[str, str],
    progress: Callable[[str], None],
) -> AuditReport:
    """Audit a platform's existing tables; see `answer.audit.audit`. Spills to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="solely-audit-") as temp:
        return audit(
            contacts,
            audiences,
            legal=legal,
            contact_columns=contact_columns,
            audience_columns=audience_columns,
            memory_bytes=_AUDIT_MEMORY,
            temp=Path(temp),
            progress=progress,
        )
