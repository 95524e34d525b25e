"""A list being read: the reader's process is started, its frames are checked as they come, and it is ended."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TextIO

import numpy as np
import numpy.typing as npt
import phonenumbers

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.frames import Account, read_error, read_frame
from solely.audiences.lists.readers import Readers
from solely.audiences.lists.refusals import refused
from solely.audiences.lists.report import MEANINGS, ListReport
from solely.audiences.lists.text import known_encoding
from solely.errors import ListError

__all__ = ["Opened", "Reading", "read_list"]

# How a process ends that meets a bound: the kernel's limits, or a library that gets no memory.
_BOUNDED = frozenset({signal.SIGKILL, signal.SIGXCPU, signal.SIGABRT, signal.SIGSEGV})
_DEFAULT = Bounds()
_READERS = Readers()

Progress = Callable[[int], None]
Opened = Callable[[], AbstractContextManager[IO[bytes]]]  # what is read: a file, or the end of a pipe


@dataclass(slots=True)
class Reading:
    """Iterate once: arrays (n, 16), the first bytes of each usable cell's digest. Then `report` is there."""

    opened: Opened
    where: str
    request: str
    rejects: TextIO | None
    progress: Progress
    _report: ListReport | None = field(default=None, init=False)

    @property
    def report(self) -> ListReport:
        """What was read. There once the reading is at its end."""
        assert self._report is not None, "the list has not been read to its end"
        return self._report

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Raises ListError for a list that can't be read; what came before it is then to be dropped."""
        with self.opened() as file, _READERS.started(self.request, file) as reader:
            yield from self._frames(reader.said)
            if self._report is None:
                code = reader.ended()
                _READERS.renew()
                raise self._broken_off(code)

    def _frames(self, pipe: IO[bytes]) -> Iterator[npt.NDArray[np.uint8]]:
        writer = csv.writer(self.rejects) if self.rejects else None
        if writer:
            writer.writerow(["row", "line", "reason"])
        account = Account(rejects=writer is not None)
        while self._report is None and (frame := read_frame(pipe)):
            letter, body = frame
            try:
                if letter == b"D":
                    digests = account.digests(body)
                elif letter == b"R" and writer:
                    writer.writerows(account.rejects(body))
                    continue
                elif letter == b"Z":
                    self._report = account.report(body)
                    return
                else:
                    raise read_error(body)
            except ValueError:
                raise refused("the list can't be read", where=self.where) from None
            self.progress(account.rows)
            yield digests

    def _broken_off(self, code: int) -> ListError:
        if -code in _BOUNDED:
            return ListError("the reader met a bound of time or memory", where=self.where, cure="split the list")
        return refused("the list can't be read", where=self.where)


def read_list(  # noqa: PLR0913 - each is something a caller may know better than the reader
    source: Path | Opened,
    *,
    country: str | None = None,
    columns: Mapping[int, str] | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    rejects: TextIO | None = None,
    progress: Progress | None = None,
    bounds: Bounds = _DEFAULT,
) -> Reading:
    """Get ready to read a customer list: CSV, TXT, TSV, XLSX or Parquet, packed with gzip or not.

    It is a file, or what opens one or a pipe; what that raises at its end is raised when the list is read.

    `country` (ISO 3166 alpha-2) is where national numbers are from, where the row does not say; `columns` sets
    meanings by number from 1; `rejects` gets row, line and reason of each unusable row, no value.
    Raises ListError for a choice that is none.
    """
    country = country.strip().upper() if country else None
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        raise ListError("no such country", where="country", cure="two letters of ISO 3166, as DE")
    if len(columns or {}) > bounds.columns:
        raise ListError("too many columns", where="columns", cure=f"{bounds.columns} at most")
    if wrong := set((columns or {}).values()) - set(MEANINGS):
        raise ListError(
            f"no such meaning of a column ({len(wrong)})", where="columns", cure=f"one of: {', '.join(MEANINGS)}"
        )
    request = {
        "country": country,
        "columns": dict(columns or {}),
        "encoding": known_encoding(encoding) if encoding else None,
        "header": header,
        "rejects": rejects is not None,
        "bounds": asdict(bounds),
    }
    opened, where = (partial(_open, source), str(source)) if isinstance(source, Path) else (source, "")
    return Reading(opened, where, json.dumps(request), rejects, progress or (lambda _rows: None))


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError:
        raise ListError("the list can't be opened", where=str(path), cure="check its name and rights") from None
