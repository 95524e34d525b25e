"""Where a table comes from: a CSV, gzipped CSV or Parquet file as DuckDB's SQL, and its columns by name."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet
from pyarrow import ArrowException

from solely.errors import BadInput

__all__ = ["Source", "count_lines", "csv_source", "is_parquet", "parquet_source"]

MAX_HEADER = 65_536  # bytes of a header line
MAX_LINE = 1 << 20  # bytes of one row
BLOCK = 1 << 20
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Source:
    """SQL to stand after FROM, column name -> its SQL, and SQL for the line breaks inside a row's cells."""

    sql: str
    columns: dict[str, str]
    breaks: str


def is_parquet(file: Path) -> bool:
    return file.name.lower().endswith((".parquet", ".pq"))


def parquet_source(file: Path) -> Source:
    """A Parquet file. Raises BadInput."""
    try:
        names = pyarrow.parquet.read_schema(file).names
    except (ArrowException, OSError):
        raise BadInput("can't be read as Parquet", where=file.name, cure="check the path and the format") from None
    return Source(f"read_parquet({_quote(str(file))})", {name: _quote(name, '"') for name in names}, "0")


def csv_source(file: Path, table: str) -> Source:
    """A CSV file; lines that are no row go to the table `<table>_rejects`. Raises BadInput.

    Columns are told by place, so a file with repeated or odd names reads as well as any.
    """
    names, delimiter = _header(file)
    cells = [f"c{i}" for i in range(len(names))]
    types = ", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)
    sql = (
        f"read_csv({_quote(str(file))}, columns={{{types}}}, header=true, auto_detect=false, delim='{delimiter}',"
        f" quote='\"', escape='\"', compression='{'gzip' if _gzipped(file) else 'none'}', max_line_size={MAX_LINE},"
        f" store_rejects=true, rejects_table='{table}_rejects', rejects_scan='{table}_scans')"
    )
    breaks = f"len(string_split_regex(concat({', '.join(cells)}), '\\n+')) - 1"
    return Source(sql, dict(zip(reversed(names), reversed(cells), strict=True)), breaks)


def count_lines(file: Path) -> int:
    """Lines of a CSV file that are not blank, in blocks: a line may be of any length."""
    count, inside = 0, False
    with _open(file) as stream:
        while block := stream.read(BLOCK).replace(b"\r", b""):
            runs = len(re.findall(rb"[^\n]+", block))
            count += runs - (inside and not block.startswith(b"\n"))
            inside = not block.endswith(b"\n")
    return count


def _quote(text: str, mark: str = "'") -> str:
    return f"{mark}{text.replace(mark, mark * 2)}{mark}"


def _gzipped(file: Path) -> bool:
    return file.name.lower().endswith(".gz")


def _open(file: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(file, "rb") if _gzipped(file) else file.open("rb")


def _header(file: Path) -> tuple[list[str], str]:
    """The names in the first line, and the delimiter between them."""
    try:
        with _open(file) as stream:
            line = stream.readline(MAX_HEADER).decode("utf-8-sig").rstrip("\r\n")
        delimiter = max(_DELIMITERS, key=line.count)
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    except (UnicodeDecodeError, csv.Error):
        raise BadInput("the header is not a line of CSV in UTF-8", where=file.name, cure="save it as such") from None
    except (OSError, EOFError, zlib.error):
        raise BadInput("can't be opened", where=file.name, cure="check the path and the format") from None
    if not any(names):
        raise BadInput("it has no header line", where=file.name, cure="put the column names in the first line")
    return names, delimiter
