"""Give a whole file: read in batches, prepared by every core, recorded in the file's order.

- The file is read through once before anything is recorded: one that is no CSV changes nothing.
- A batch is recorded whole or not at all. After a kill, give the same file again: what is recorded is
  known by its id and not doubled, what is missing is added.
- Memory stays flat: at most `_AHEAD` batches are on their way.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from solely.consent import COLUMNS, Notice
from solely.errors import BadInput, NoticeError
from solely.give.desk import NOTHING, Desk, Given
from solely.give.rows import Batch, Prepared, Row, Rules, prepare
from solely.give.workers import Workers
from solely.purpose import Compartment

__all__ = ["give_file", "read_notices"]

_BATCH = 20_000  # rows
_AHEAD = 4  # batches
_FEW = 5_000  # rows that are not worth starting processes for
_MAX_CELL = 65_536  # characters
_MAX_NOTICE = 1_000_000  # bytes

Refusal = Callable[[int, str], None]


def read_notices(folder: Path) -> list[Notice]:
    """The notices of a folder: PURPOSE/VERSION.txt in UTF-8. An absent folder has none. Raises NoticeError."""
    notices = []
    for path in sorted(folder.glob("*/*.txt")):
        data = path.read_bytes()
        if len(data) > _MAX_NOTICE:
            raise NoticeError("a notice of over a megabyte", where=str(path), cure="give the text people saw")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise NoticeError("not UTF-8", where=str(path), cure="save the text as UTF-8") from error
        notices.append(Notice(path.parent.name, path.stem, text))
    return notices


def give_file(  # noqa: PLR0913 - a file, how it is read, and what is told meanwhile
    desk: Desk,
    path: Path,
    notices: list[Notice],
    now: datetime,
    *,
    imported: str,
    processes: int,
    on_refused: Refusal = lambda _number, _reason: None,
    on_progress: Callable[[Given], None] = lambda _given: None,
) -> Given:
    """Give each row of a CSV file with the columns of `consent.COLUMNS`, in any order, and maybe `country`.

    `imported` is the import's name, by which what it brought is found again.
    `on_refused` gets the number (from 1; blank lines do not count) and reason of each refused row;
    `on_progress` what is durable so far. Raises BadInput where the file as a whole can't be read; nothing
    is changed then.
    """
    with _open(path) as file:
        columns = _check(file, path)
        rows = enumerate(islice(_rows(file, path), 1, None), 1)
        rules = replace(desk.rules(notices, now).with_columns(columns), imported=imported)
        total = NOTHING
        with closing(_prepared(desk, rows, rules, processes)) as batches:
            for batch, prepared in batches:
                total += desk.record(batch, prepared, rules)
                for number, reason in prepared.refused:
                    on_refused(number, reason)
                on_progress(total)
        return total


def _open(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        raise _unreadable(path) from error


def _rewind(file: TextIO, path: Path) -> None:
    try:
        file.seek(0)
    except OSError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> BadInput:
    return BadInput("the file can't be read", where=str(path), cure="check its name and rights")


def _check(file: TextIO, path: Path) -> list[str]:
    """The file's columns, once all of it was read; the file stands at its start again."""
    rows = _rows(file, path)
    header = [name.strip() for name in next(rows, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing or len(set(header)) != len(header):
        what = f"columns missing: {', '.join(missing)}" if missing else "a column stands twice"
        raise BadInput(what, where=f"{path}, line 1", cure=f"write a header with {','.join(COLUMNS)}")
    deque(rows, maxlen=0)
    _rewind(file, path)
    return header


def _rows(file: TextIO, path: Path) -> Iterator[list[str]]:
    """The cells of each row from here on, blank lines left out. Strict: a quote that does not end swallows no row."""
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(file, strict=True)
    line = 0
    try:
        for cells in reader:
            line = reader.line_num
            if cells:
                yield cells
    except OSError as error:
        raise _unreadable(path) from error
    except csv.Error as error:
        raise BadInput(
            f"not CSV: a quote that does not end, text after one, or a cell of over {_MAX_CELL:,} characters",
            where=f"{path}, line {line + 1}",
            cure='write a quote within a cell twice, and the cell in quotes: "say ""yes"""',
        ) from error


def _prepared(desk: Desk, rows: Iterator[Row], rules: Rules, processes: int) -> Generator[tuple[Batch, Prepared]]:
    first = list(islice(rows, _BATCH))
    if len(first) <= _FEW or processes < 2:  # noqa: PLR2004 - one process is this one
        while first:
            batch = desk.batch(first, rules, {})
            yield batch, prepare(batch, rules, desk.intakes)
            first = list(islice(rows, _BATCH))
        return
    with Workers(processes, rules, desk.intakes) as workers:
        yield from _ahead(desk, first, rows, rules, workers)


def _ahead(
    desk: Desk, first: list[Row], rows: Iterator[Row], rules: Rules, workers: Workers
) -> Iterator[tuple[Batch, Prepared]]:
    waiting: deque[tuple[Batch, Future[Prepared]]] = deque()
    chunk = first
    while chunk or waiting:
        while chunk and len(waiting) < _AHEAD:
            pending: dict[tuple[str, Compartment], bytes] = {}
            for earlier, _ in waiting:
                pending.update(earlier.pseudonyms)
            fresh = desk.batch(chunk, rules, pending)
            waiting.append((fresh, workers.prepare(fresh)))
            chunk = list(islice(rows, _BATCH))
        batch, future = waiting.popleft()
        yield batch, workers.result(future)
