"""What kind of file a list is, by its first bytes, and its bytes unpacked within bounds."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Literal

from solely.audiences.lists.bounds import Bounds
from solely.errors import ListError

__all__ = ["HEAD", "Format", "Source", "check_size", "open_source"]

Format = Literal["csv", "xlsx", "parquet"]
HEAD = 64 * 1024  # bytes looked at before anything is decided
_PIECE = 1024 * 1024
_FREE = 16 * 1024 * 1024  # unpacked bytes before the ratio counts: a short list of one domain packs well
_CSV = "export it as CSV"

_BINARY = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file, or one with a password", "save it as .xlsx without one"),
    (b"%PDF-", "a PDF", _CSV),
    (b"BZh91AY&SY", "packed with bzip2", "unpack it, or pack it with gzip"),
    (b"\xfd7zXZ\x00", "packed with xz", "unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it, or pack it with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!\x1a", "a RAR archive", "unpack it"),
    (b"SQLite format 3\x00", "a SQLite database", _CSV),
    (b"\x89PNG\r\n", "a picture", _CSV),
    (b"\xff\xd8\xff", "a picture", _CSV),
    (b"\x1f\x8b\x08", "packed twice", "unpack it once"),
    (b"PK\x03\x04", "a packed archive", "unpack it"),
    (b"PK\x05\x06", "an empty archive", _CSV),
)
_TEXTUAL = (
    (b"begin:vcard", "a vCard file", _CSV),
    (b'{"', "JSON", _CSV),
    (b'["', "JSON", _CSV),
    (b"[{", "JSON", _CSV),
    (b"{\n", "JSON", _CSV),
    (b"<?xml", "XML", _CSV),
    (b"<!doctype", "a web page", "open it in a spreadsheet and " + _CSV),
    (b"<html", "a web page", "open it in a spreadsheet and " + _CSV),
    (b"<table", "a web page", "open it in a spreadsheet and " + _CSV),
)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened list: `head` and all its `pieces` (head included) for text, a seekable `file` for tables."""

    format: Format
    head: bytes
    pieces: Iterator[bytes]
    file: BinaryIO


def open_source(file: BinaryIO, bounds: Bounds) -> Source:
    """Tell the format by the first bytes. Raises ListError for what is no list, with the cure."""
    head = file.read(HEAD)
    if not head:
        raise ListError("the list is empty", cure="export it again")
    pieces = chain((head,), iter(lambda: file.read(_PIECE), b""))
    if head.startswith(b"PK\x03\x04"):
        return Source("xlsx", head, iter(()), _seekable(file, pieces, bounds))
    if head.startswith(b"PAR1"):
        return Source("parquet", head, iter(()), _seekable(file, pieces, bounds))
    if head.startswith(b"\x1f\x8b\x08"):
        unpacked = _gunzip(pieces, bounds)
        head = _take(unpacked)
        pieces = chain((head,), unpacked)
    _refuse(head)
    return Source("csv", head, pieces, file)


def _take(pieces: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and (piece := next(pieces, b"")):
        head += piece
    if not head:
        raise ListError("the list is empty", cure="export it again")
    return head


def _refuse(head: bytes) -> None:
    start = head[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    for magic, what, cure in _BINARY:
        if head.startswith(magic):
            raise ListError(f"the list is {what}", where="byte 1", cure=cure)
    for opening, what, cure in _TEXTUAL:
        if start.startswith(opening):
            raise ListError(f"the list is {what}", where="byte 1", cure=cure)


def _seekable(file: BinaryIO, pieces: Iterator[bytes], bounds: Bounds) -> BinaryIO:
    if file.seekable():
        file.seek(0)
        return file
    kept = io.BytesIO()
    for piece in pieces:
        if kept.tell() + len(piece) > bounds.memory // 2:
            raise ListError("too large to be read from a pipe", cure="hand over a file")
        kept.write(piece)
    kept.seek(0)
    return kept


def _gunzip(pieces: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Unpack every member of a gzip file (RFC 1952 §2.2), never more than one piece ahead of the reader."""
    inflater, taken, given = zlib.decompressobj(31), 0, 0
    for piece in pieces:
        left = piece
        taken += len(piece)
        while True:
            if inflater.eof:
                left = left.lstrip(b"\0")  # tapes and block devices pad with zeros
                if not left:
                    break
                inflater = zlib.decompressobj(31)
            out = _inflate(inflater, left)
            given += len(out)
            check_size(given, taken - len(inflater.unconsumed_tail), bounds)
            if out:
                yield out
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if not left and (inflater.eof or len(out) < _PIECE):
                break
    if not inflater.eof:
        raise ListError("the gzip file ends before its end", cure="upload it again")


def _inflate(inflater: zlib._Decompress, data: bytes) -> bytes:
    try:
        return inflater.decompress(data, _PIECE)
    except zlib.error:
        raise ListError("the gzip file is damaged", cure="pack or upload it again") from None


def check_size(unpacked: int, packed: int, bounds: Bounds) -> None:
    """Raise ListError where a packed file unpacks to more than the bounds allow."""
    if unpacked > bounds.inflated:
        raise ListError(f"it unpacks to over {bounds.inflated} bytes", cure="split the list")
    if unpacked > _FREE and unpacked > bounds.ratio * max(packed, 1):
        raise ListError(f"it unpacks to over {bounds.ratio} times its size", cure="upload it unpacked")
