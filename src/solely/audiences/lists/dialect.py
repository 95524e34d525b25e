"""How the records of a text are written: delimiter, comments, quotes; and the records themselves.

- A line that starts with # is a comment, unless it has as many cells as the others and # is followed by a digit
  or a delimiter (an order number, or a column named #), or its first cell is an error of a spreadsheet (#N/A).
- Blank lines are no rows.
- A quoted cell may hold line breaks, within bounds. A quote that never closes, or closes in the middle of a
  word lines later, spoils the one line it stands in (`None` among the records).
- Where whole rows stand in quotes, as one cell each, what is in the quotes is the row. Quotes inside a cell may be
  escaped by a backslash, where the row has its cells only so.
"""

from __future__ import annotations

import _csv
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from solely.audiences.lists.blocks import Arrays, Rows
from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.columns import kind_of
from solely.audiences.lists.reasons import SPREADSHEET_ERRORS
from solely.audiences.lists.words import header_meaning

__all__ = ["DELIMITERS", "Dialect", "detect", "is_one_record", "records"]

DELIMITERS = ",;\t|^~"
_SAMPLE_LINES = 500
_SPAN = 64  # lines one quoted cell may run over
_SEP = re.compile(r'"?sep=([^\w"\r\n])"? *', re.IGNORECASE)
_ONE_CELL = re.compile(r'\s*"[^"]*(?:""[^"]*)*"\s*')
_MOST_HEADERS = 2_000  # cells of the first line that are looked at
_NO_LIMIT = 2**31 - 1  # characters of a cell: a line has a bound of its own
_MIN_RECORD = 3  # cells of one kind in the only line: a list written as one record


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is written.

    `width`: the cells most lines have. `skip`: leading lines that are no records (Excel's sep=;).
    `wrapped`: each row is written as one quoted cell.
    """

    delimiter: str
    width: int
    skip: int = 0
    wrapped: bool = False


def is_one_record(head: str) -> str | None:
    """The delimiter of a list that is one long line of contacts of one kind, or None."""
    line = head.strip()
    if "\n" in line or "\r" in line:
        return None
    for delimiter in DELIMITERS:
        cells = [cell.strip(" \"'") for cell in line.split(delimiter)][:1_000]
        kinds = {kind_of(cell) for cell in (cells[:-1] if len(cells) > _MIN_RECORD else cells) if cell}
        if len(cells) >= _MIN_RECORD and len(kinds) == 1 and kinds != {""}:
            return delimiter
    return None


def detect(chunk: str) -> Dialect:
    """The dialect of a text by its first lines."""
    lines = [line for line in chunk.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line.strip()]
    if lines and (said := _SEP.fullmatch(lines[0])):
        skip = chunk.split("\n").index(lines[0]) + 1
        widths = [len(_split(line, said[1])[0]) for line in lines[1:]]
        return Dialect(said[1], _mode(widths), skip)
    lines = [line for line in lines if not line.startswith("#")] or lines
    wrapped = all(_ONE_CELL.fullmatch(line) for line in lines)
    if wrapped:
        lines = [_split(line, ",")[0][0] for line in lines]
    ranked = [(rank, delimiter) for delimiter in DELIMITERS if (rank := _rank(lines, delimiter))]
    if not ranked:
        return Dialect(",", 1)
    (*_, width), delimiter = max(ranked, key=lambda both: both[0])
    return Dialect(delimiter, int(width), wrapped=wrapped)


def _rank(lines: list[str], delimiter: str) -> tuple[float, ...] | None:
    """How well a delimiter fits: known headers first, then quotes left whole and lines of one width.

    None where it does not fit.
    """
    split = [_split(line, delimiter)[0] for line in lines]
    wide = [len(cells) for cells in split if len(cells) > 1]
    cut = sum(any(cell.count('"') % 2 for cell in cells) for cells in split)
    first = split[0][:_MOST_HEADERS] if split else []
    known = sum(header_meaning(cell) != "unknown" for cell in first) if len(first) > 1 else 0
    if not wide or (len(wide) * 2 < len(lines) and known < len(first)):
        return None
    width = _mode(wide)
    return (known, -cut, wide.count(width) / len(lines), len(wide) / len(lines), width)


def _mode(widths: list[int]) -> int:
    return Counter(widths).most_common(1)[0][0] if widths else 1


def _split(line: str, delimiter: str, *, escape: str | None = None) -> tuple[list[str], bool]:
    """The cells of one line, and whether a quote is still open at its end."""
    if '"' not in line:
        return line.split(delimiter), False
    reader = _reader((line, ""), delimiter, escape=escape)
    return next(reader), reader.line_num > 1


def _quoted(line: str, dialect: Dialect) -> tuple[list[str], bool]:
    """As `_split`, for a line of the dialect."""
    cells, still_open = _split(line, dialect.delimiter)
    if dialect.wrapped and len(cells) == 1 and not still_open:
        return _split(cells[0], dialect.delimiter)
    if '\\"' in line and (still_open or len(cells) != dialect.width):
        escaped, open_so = _split(line, dialect.delimiter, escape="\\")
        if len(escaped) == dialect.width and not open_so:
            return escaped, False
    return cells, still_open


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool = False, escape: str | None = None) -> _csv.Reader:
    csv.field_size_limit(_NO_LIMIT)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=strict, escapechar=escape)


def records(
    chunks: Iterator[bytes],
    dialect: Dialect,
    bounds: Bounds,
    *,
    line: int = 1,
    at_once: Callable[[bytes, int], Arrays | None] = lambda _chunk, _line: None,
) -> Iterator[Rows | Arrays]:
    """The records of chunks of whole lines; `line` is the number of the first.

    `at_once` may read a chunk that has neither quotes nor comments as arrays; None where it can't.
    """
    left: list[str] = []
    for chunk in chain(chunks, (None,)):
        if chunk is not None and not left and (arrays := at_once(chunk, line)) is not None:
            yield arrays
            line += chunk.count(b"\n") + 1
            continue
        lines = left + (chunk.decode().split("\n") if chunk is not None else [])
        rows, taken = _rows(lines, line, dialect, bounds, final=chunk is None)
        left, line = lines[taken:], line + taken
        yield rows


def _rows(lines: list[str], line: int, dialect: Dialect, bounds: Bounds, *, final: bool) -> tuple[Rows, int]:
    """The records of lines, and how many lines they take: fewer than all where the next chunk must be seen."""
    rows, at = Rows([], []), 0
    while at < len(lines):
        text, taken = lines[at], 1
        if '"' not in text:
            cells: list[str] | None = text.split(dialect.delimiter)
        else:
            cells, still_open = _quoted(text, dialect)
            if still_open:
                if at + _SPAN > len(lines) and not final:
                    break
                cells, taken = _across(lines[at : at + _SPAN], dialect.delimiter, bounds)
        if not _is_no_row(text, cells, dialect):
            rows.lines.append(line + at)
            rows.cells.append(cells)
        at += taken
    return rows, at


def _is_no_row(text: str, cells: list[str] | None, dialect: Dialect) -> bool:
    if not text.strip():
        return dialect.delimiter not in text
    if not text.startswith("#") or cells is None:
        return False
    if text.partition(dialect.delimiter)[0].strip().lower() in SPREADSHEET_ERRORS:
        return False
    numbered = text[1:2].isdecimal() or text[1:2] == dialect.delimiter
    return not (numbered and len(cells) == dialect.width > 1)


def _across(lines: list[str], delimiter: str, bounds: Bounds) -> tuple[list[str] | None, int]:
    """A record whose quotes run over lines, and how many; None and 1 where they do not close in bounds."""
    length, whole = 0, []
    for text in lines:
        length += len(text) + 1
        if length > bounds.line:
            break
        whole.append(text + "\n")
    reader = _reader(whole, delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        return None, 1
    return cells, reader.line_num
