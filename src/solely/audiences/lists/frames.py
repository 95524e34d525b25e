"""What the reader's process says to the one that asked: frames of a letter, a length and a body.

    D  rows read so far (8 bytes), then digests (16 bytes each)
    R  unusable rows, as JSON: [[row, line, reason], ...]
    Z  the report, as JSON: the end of a list that was read
    E  an error, as JSON: what, where, cure: the end of one that was not

The reader handles what strangers made, so its frames are believed no more than the list itself: each is
bounded and checked when it arrives (`Account`), and nothing in it can be text out of the list.
"""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from dataclasses import asdict, fields
from typing import IO, Any, get_args

import numpy as np
import numpy.typing as npt

from solely.audiences.lists.cells import KEY_BYTES
from solely.audiences.lists.reasons import CURES
from solely.audiences.lists.refusals import is_refusal
from solely.audiences.lists.report import CONTACTS, MEANINGS, By, Column, ListReport
from solely.audiences.lists.source import Format
from solely.audiences.lists.text import known_encoding
from solely.audiences.lists.words import is_known
from solely.errors import ListError

__all__ = ["Account", "read_error", "read_frame", "write_frame", "write_report"]

_HEAD = struct.Struct(">cI")
_COUNT = 8  # bytes
_MOST = 64 * 1024 * 1024  # bytes of one frame
_ROW = 3  # row, line, reason
_HALF = re.compile("[\ud800-\udfff]")


def write_frame(out: IO[bytes], letter: bytes, body: bytes) -> None:
    out.write(_HEAD.pack(letter, len(body)) + body)


def read_frame(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next frame; None at the end, or where there is no whole frame."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    letter, length = _HEAD.unpack(head)
    body = pipe.read(length) if length <= _MOST else b""
    return (letter, body) if len(body) == length else None


def write_report(report: ListReport) -> bytes:
    return json.dumps(asdict(report)).encode()


class Account:
    """What a reader has said of one list; each frame must agree with those before it.

    Every method raises ValueError for a frame that no honest reader sends.
    """

    def __init__(self, *, rejects: bool) -> None:
        """`rejects`: whether the reader was asked for the unusable rows."""
        self.rows = 0
        self._digests, self._last = 0, 0
        self._unusable: Counter[str] | None = Counter() if rejects else None

    def digests(self, body: bytes) -> npt.NDArray[np.uint8]:
        """Digests, shape (n, 16); `rows` says how many rows were read by then."""
        rows = int.from_bytes(body[:_COUNT], "big")
        _check(len(body) >= _COUNT and (len(body) - _COUNT) % KEY_BYTES == 0 and self.rows <= rows < 2**63)
        digests = np.frombuffer(body, np.uint8, offset=_COUNT).reshape(-1, KEY_BYTES)
        self.rows, self._digests = rows, self._digests + len(digests)
        return digests

    def rejects(self, body: bytes) -> list[tuple[int, int, str]]:
        """Rows, lines and reasons of unusable rows, each row once and in order."""
        if self._unusable is None:
            raise ValueError
        rejects: list[tuple[int, int, str]] = []
        for one in _list(_loads(body)):
            _check(len(_list(one)) == _ROW)
            row, line, reason = _count(one[0]), _count(one[1]), _text(one[2])
            _check(self._last < row <= self.rows and reason in CURES)
            self._last = row
            self._unusable[reason] += 1
            rejects.append((row, line, reason))
        return rejects

    def report(self, body: bytes) -> ListReport:
        """The report, where it agrees with what came before and shows nothing but our own words."""
        said = _dict(_loads(body), ListReport)
        unusable = {reason: _count(rows) for reason, rows in _dict(said["unusable"]).items()}
        columns = tuple(_column(number, one) for number, one in enumerate(_list(said["columns"]), 1))
        report = ListReport(**said | {"unusable": unusable, "columns": columns})
        _check(_count(report.rows) == self.rows == _count(report.usable) + sum(unusable.values()))
        _check(set(unusable) <= set(CURES) and (self._unusable is None or unusable == self._unusable))
        contacts = sum(column.meaning in CONTACTS for column in columns)
        _check(report.usable <= self._digests <= report.usable * contacts)
        _check(isinstance(said["header"], bool) and report.format in get_args(Format))
        delimiter = _text(report.delimiter)
        _check(delimiter == "" or (len(delimiter) == 1 and not delimiter.isalnum()))
        _check(_text(report.encoding) == "" or _is_encoding(report.encoding))
        return report


def read_error(body: bytes) -> ListError:
    """The error of a list that was not read. Raises ValueError for one that holds more than our words."""
    said = _dict(_loads(body))
    what, where, cure = (_text(said.get(name)) for name in ("what", "where", "cure"))
    _check(set(said) == {"what", "where", "cure"} and is_refusal(what, where, cure))
    return ListError(what, where=where, cure=cure)


def _check(holds: bool) -> None:  # noqa: FBT001 - a condition is a boolean
    if not holds:
        raise ValueError


def _loads(body: bytes) -> object:
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError from None


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - the one error of this module
    return value


def _dict(value: object, kind: type[ListReport | Column] | None = None) -> dict[str, Any]:
    """A JSON object; with the fields of a dataclass, where one is named."""
    if not isinstance(value, dict) or (kind and set(value) != {field.name for field in fields(kind)}):
        raise ValueError
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError
    return value


def _text(value: object) -> str:
    """Text that can be written out: without half a letter."""
    if not isinstance(value, str) or _HALF.search(value):
        raise ValueError
    return value


def _column(number: int, value: object) -> Column:
    column = Column(**_dict(value, Column))
    _check(_count(column.number) == number and column.meaning in MEANINGS and column.by in get_args(By))
    _check(column.header is None or is_known(_text(column.header)))
    return column


def _is_encoding(name: str) -> bool:
    try:
        return bool(known_encoding(name))
    except ListError:
        return False
