"""The same as rows for a spreadsheet: a header and plain cells, none of which a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["TABLES", "cell", "lines"]

# By table, its columns; a dotted one is of a table within.
TABLES: dict[str, tuple[str, ...]] = {
    "givings": (
        *("giving", "purpose.name", "purpose.description", "purpose.compartment", "purpose.kept"),
        *("purpose.legal_basis", "kind", "contact", "why_not", "notice.name", "notice.language", "notice.sha256"),
        *("given_at", "how", "expires_at", "state", "ended_at", "ended_by", "entry", "ending_entry"),
    ),
    "acts": ("entry", "at", "what", "purpose", "by", "giving", "details"),
    "preferences": ("purpose", "choice", "source", "at", "entry"),
    "factors": ("kind", "name", "state", "purpose", "created_at", "used_at"),
    "devices": ("name", "trusted_at", "used_at", "expires_at"),
}
# OWASP, CSV injection: what a spreadsheet may take for the start of a formula.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: Any) -> str:
    """A value as a cell; before what could start a formula stands an apostrophe, a phone number's plus too."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS) else text


def lines(table: str, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), one at a time."""
    columns = TABLES[table]
    yield _line(columns)
    for row in rows:
        yield _line([cell(_at(row, column)) for column in columns])


def _at(row: dict[str, Any], column: str) -> Any:
    first, _, rest = column.partition(".")
    value = row.get(first)
    return _at(value, rest) if rest and isinstance(value, dict) else value


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
