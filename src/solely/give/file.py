"""Give a whole file: read in batches, prepared by every core, recorded in the file's order.

- A batch is recorded whole or not at all. After a kill, give the same file again: what is recorded is
  known by its id and not doubled, what is missing is added.
- Memory stays flat: at most `_AHEAD` batches are on their way.
"""

from __future__ import annotations

import csv
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import TextIO
from uuid import UUID

from solely.consent import COLUMNS, Notice
from solely.errors import BadInput, NoticeError
from solely.give.desk import NOTHING, Desk, Given
from solely.give.intake import Intake
from solely.give.rows import Batch, Prepared, Row, Rules, prepare
from solely.purpose import Compartment

__all__ = ["give_file", "read_notices"]

_BATCH = 20_000  # rows
_AHEAD = 4  # batches
_FEW = 5_000  # rows that are not worth starting processes for
_OPTIONAL = ("country",)
_MAX_CELL = 65_536  # characters
_MAX_NOTICE = 1_000_000  # bytes

Refusal = Callable[[int, str], None]
_work: tuple[Rules, Mapping[Compartment, Intake]]


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


def give_file(
    desk: Desk,
    path: Path,
    notices: list[Notice],
    now: datetime,
    *,
    processes: int,
    on_refused: Refusal = lambda _number, _reason: None,
    on_progress: Callable[[Given], None] = lambda _given: None,
) -> Given:
    """Give each row of a CSV file with the columns of `consent.COLUMNS`, in any order.

    `on_refused` gets the number (from 1) and reason of each refused row; `on_progress` what is durable so
    far. Raises BadInput where the file as a whole can't be read; nothing is changed then.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            columns, rows = _open(file, path)
            rules = desk.rules(notices, now).with_columns(columns)
            total = NOTHING
            for prepared in _prepared(desk, rows, rules, processes):
                total += desk.record(prepared, now)
                for number, reason in prepared.refused:
                    on_refused(number, reason)
                on_progress(total)
            return total
    except OSError as error:
        raise BadInput("the file can't be read", where=str(path), cure="check its name and rights") from error
    except csv.Error as error:
        raise BadInput(
            f"a cell of over {_MAX_CELL} characters, or a quote that never ends",
            where=str(path),
            cure="check the quotes",
        ) from error


def _open(file: TextIO, path: Path) -> tuple[list[str], Iterator[Row]]:
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(file)
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing or len(set(header)) != len(header):
        what = f"columns missing: {', '.join(missing)}" if missing else "a column stands twice"
        raise BadInput(what, where=f"{path}, line 1", cure=f"write a header with {','.join(COLUMNS)}")
    return header, enumerate((cells for cells in reader if cells), 1)


def _prepared(desk: Desk, rows: Iterator[Row], rules: Rules, processes: int) -> Iterator[Prepared]:
    first = list(islice(rows, _BATCH))
    if len(first) <= _FEW or processes < 2:  # noqa: PLR2004 - one process is this one
        while first:
            yield prepare(desk.batch(first, rules, {}), rules, desk.intakes)
            first = list(islice(rows, _BATCH))
        return
    # Workers are forked: they inherit the intakes, so no key and no contact is ever pickled.
    global _work  # noqa: PLW0603
    _work = (rules, desk.intakes)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from _ahead(desk, first, rows, rules, pool.apply_async)


def _prepare(batch: Batch) -> Prepared:
    return prepare(batch, *_work)


def _ahead(
    desk: Desk, first: list[Row], rows: Iterator[Row], rules: Rules, start: Callable[..., AsyncResult[Prepared]]
) -> Iterator[Prepared]:
    waiting: deque[tuple[Batch, AsyncResult[Prepared]]] = deque()
    chunk = first
    while chunk or waiting:
        while chunk and len(waiting) < _AHEAD:
            pending: dict[tuple[str, Compartment], UUID] = {}
            for batch, _ in waiting:
                pending.update(batch.pseudonyms)
            fresh = desk.batch(chunk, rules, pending)
            waiting.append((fresh, start(_prepare, (fresh,))))
            chunk = list(islice(rows, _BATCH))
        yield waiting.popleft()[1].get()
