"""CSV, gzipped CSV and Parquet files as DuckDB's SQL, and their columns by name."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from solely.answer.audit.dialect import DUCKDB
from solely.answer.audit.place import Files
from solely.errors import BadInput

__all__ = ["Source", "count_lines", "file_source", "header"]

MAX_HEADER = 65_536  # bytes of a header line
MAX_LINE = 1 << 20  # bytes of one row
BLOCK = 1 << 20
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Source:
    """SQL to stand after FROM; of CSV, also column name -> its SQL, and SQL for the line breaks in a row's cells."""

    sql: str
    columns: Mapping[str, str] | None = None
    breaks: str = ""


def file_source(files: Files, table: str) -> Source:
    """The files as one table. Lines of CSV that are no row go to `<table>_rejects`. Raises BadInput."""
    if files.parquet:
        return Source(f"read_parquet({_list(files)}, union_by_name=true)")
    return _csv_source(files, table)


def _csv_source(files: Files, table: str) -> Source:
    """Columns are told by place, so files with repeated or odd names read as well as any."""
    headers = {header(path) for path in files.paths}
    if len(headers) > 1:
        raise BadInput("the files differ in their header", where=files.name, cure="audit those of one kind together")
    names, delimiter = headers.pop()
    zipped = {_gzipped(path) for path in files.paths}
    if len(zipped) > 1:
        raise BadInput("gzipped files and plain ones together", where=files.name, cure="name those of one kind")
    cells = [f"c{i}" for i in range(len(names))]
    types = ", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)
    sql = (
        f"read_csv({_list(files)}, columns={{{types}}}, header=true, auto_detect=false, delim='{delimiter}',"
        f" quote='\"', escape='\"', compression='{'gzip' if zipped.pop() else 'none'}', max_line_size={MAX_LINE},"
        f" store_rejects=true, rejects_table='{table}_rejects', rejects_scan='{table}_scans')"
    )
    every = f"concat({', '.join(cells)})"
    breaks = f"CASE WHEN contains({every}, chr(10)) THEN len(string_split_regex({every}, '\\n+')) - 1 ELSE 0 END"
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


def _list(files: Files) -> str:
    return f"[{', '.join(DUCKDB.text(str(path)) for path in files.paths)}]"


def _gzipped(file: Path) -> bool:
    return file.name.lower().endswith(".gz")


def _open(file: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(file, "rb") if _gzipped(file) else file.open("rb")


def header(file: Path) -> tuple[tuple[str, ...], str]:
    """The names in the first line, and the delimiter between them."""
    try:
        with _open(file) as stream:
            line = stream.readline(MAX_HEADER).decode("utf-8-sig").rstrip("\r\n")
        delimiter = max(_DELIMITERS, key=line.count)
        names = tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter)))
    except (UnicodeDecodeError, csv.Error):
        raise BadInput("the header is not a line of CSV in UTF-8", where=file.name, cure="save it as such") from None
    except (OSError, EOFError, zlib.error):
        raise BadInput("can't be opened", where=file.name, cure="check the path and the format") from None
    if not any(names):
        raise BadInput("it has no header line", where=file.name, cure="put the column names in the first line")
    return names, delimiter
