"""What one customer list may cost: every limit of the reader, with its default."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bounds"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one reading. Past `cell` a row is unusable (`too-long`); past any other the list is refused."""

    rows: int = 100_000_000
    columns: int = 2_000
    cell: int = 1_024  # characters
    line: int = _MIB  # bytes of one line in UTF-8; also the characters of one record with line breaks in quotes
    inflated: int = 20 * 1024 * _MIB  # bytes a gzip, XLSX or Parquet file may unpack to
    ratio: int = 100  # unpacked bytes per packed byte, once over 16 MiB
    memory: int = 1024 * _MIB  # bytes of address space the reader may take beyond its libraries
    cpu: int = 1_800  # seconds
