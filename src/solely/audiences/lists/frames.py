"""What the reader's process says to the one that asked: frames of a letter, a length and a body.

    D  rows read so far (8 bytes), then digests (16 bytes each)
    R  unusable rows, as JSON: [[row, line, reason], ...]
    Z  the report, as JSON: the end of a list that was read
    E  an error, as JSON: what, where, cure: the end of one that was not

The reader handles what strangers made, so its frames are believed no more than the list itself:
each is bounded and checked when it arrives.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from typing import Any, BinaryIO

from solely.audiences.lists.reasons import CURES
from solely.audiences.lists.report import MEANINGS, Column, ListReport
from solely.audiences.lists.words import is_known
from solely.errors import ListError

__all__ = ["read_error", "read_frame", "read_rejects", "read_report", "write_frame", "write_report"]

_HEAD = struct.Struct(">cI")
_MOST = 256 * 1024 * 1024  # bytes of one frame


def write_frame(out: BinaryIO, letter: bytes, body: bytes) -> None:
    out.write(_HEAD.pack(letter, len(body)) + body)


def read_frame(pipe: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next frame; None at the end, or where there is no whole frame."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    letter, length = _HEAD.unpack(head)
    body = pipe.read(length) if length <= _MOST else b""
    return (letter, body) if len(body) == length else None


def write_report(report: ListReport) -> bytes:
    return json.dumps(asdict(report)).encode()


def read_report(body: bytes) -> ListReport:
    """Raises ValueError, KeyError or TypeError for what is no report of a list."""
    content = json.loads(body)
    columns = tuple(Column(**one) for one in content.pop("columns"))
    report = ListReport(**content, columns=columns)
    told = report.usable + sum(report.unusable.values())
    if told != report.rows or not set(report.unusable) <= set(CURES) or not all(map(_is_fit, columns)):
        raise ValueError
    return report


def _is_fit(column: Column) -> bool:
    return column.meaning in MEANINGS and (column.header is None or is_known(column.header))


def read_rejects(body: bytes) -> list[tuple[int, int, str]]:
    """Rows, lines and reasons. Raises ValueError for anything else."""
    rejects = [(int(row), int(line), str(reason)) for row, line, reason in json.loads(body)]
    if any(reason not in CURES for _, _, reason in rejects):
        raise ValueError
    return rejects


def read_error(body: bytes) -> ListError:
    content: dict[str, Any] = json.loads(body)
    return ListError(str(content["what"]), where=str(content["where"]), cure=str(content["cure"]))
