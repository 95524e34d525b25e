"""What kind of file a list is, by its first bytes, and its bytes unpacked within bounds."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Literal

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.refusals import refused

__all__ = ["HEAD", "Format", "Source", "check_size", "open_source", "refuse_other_text"]

Format = Literal["csv", "xlsx", "parquet"]
HEAD = 64 * 1024  # bytes looked at before anything is decided
_PIECE = 1024 * 1024
_BITE = 16 * 1024  # packed bytes unpacked at once: what is left over after a member of a gzip file is copied
_FREE = 16 * 1024 * 1024  # unpacked bytes before the ratio counts: a short list of one domain packs well

_GZIP = b"\x1f\x8b\x08"
_TABLES: tuple[tuple[bytes, Format], ...] = ((b"PK\x03\x04", "xlsx"), (b"PAR1", "parquet"))
_TAR, _TAR_AT = b"ustar", 257  # POSIX.1 ustar: where a header says what it is

_BINARY = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file, or one with a password"),
    (b"%PDF-", "a PDF"),
    (b"BZh91AY&SY", "packed with bzip2"),
    (b"\xfd7zXZ\x00", "packed with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"\x04\x22\x4d\x18", "packed with lz4"),
    (b"\x1f\x9d", "packed with compress"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x00\x01\x00\x00Standard ", "an Access database"),
    (b"!BDN", "an Outlook data file"),
    (b"{\\rtf", "rich text"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1\x00", "an Arrow or Feather file"),
    (b"FEA1\x00", "an Arrow or Feather file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"RIFF", "a film or a sound"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"PK\x05\x06", "an empty archive"),
)
_TEXTUAL = (
    (re.compile(r"begin:vcard"), "a vCard file"),
    (re.compile(r'[\[{]\s*["\[{]'), "JSON"),
    (re.compile(r"<!doctype|<!--|<html|<head|<meta|<table"), "a web page"),
    (re.compile(r"<\?xml|<[a-z:]+ xmlns"), "XML"),
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
        raise refused("the list is empty")
    pieces: Iterator[bytes] = chain((head,), iter(lambda: file.read(_PIECE), b""))
    if packed := head.startswith(_GZIP):
        pieces = _gathered(_gunzip(pieces, bounds))
        head = next(pieces, b"")
        pieces = chain((head,), pieces)
        if not head:
            raise refused("the list is empty")
        if head.startswith(_GZIP):
            raise refused("the list is packed twice", where="byte 1")
    for magic, form in _TABLES:
        if head.startswith(magic):
            return Source(form, head, iter(()), _seekable(file, pieces, bounds, packed=packed))
    _refuse(head)
    return Source("csv", head, pieces, file)


def _refuse(head: bytes) -> None:
    for magic, what in _BINARY:
        # Letters alone may be how a list begins; then no byte of it is 0.
        if head.startswith(magic) and not (magic.isalnum() and b"\0" not in head):
            raise refused(f"the list is {what}", where="byte 1")
    if head[_TAR_AT:].startswith(_TAR):
        raise refused("the list is a tar archive", where="byte 1")


def refuse_other_text(head: str) -> None:
    """Raise ListError for a text that is data of another kind."""
    start = head[:_TAR_AT].lstrip().lower()
    for opening, what in _TEXTUAL:
        if opening.match(start):
            raise refused(f"the list is {what}", where="byte 1")


def _seekable(file: BinaryIO, pieces: Iterator[bytes], bounds: Bounds, *, packed: bool) -> BinaryIO:
    if file.seekable() and not packed:
        file.seek(0)
        return file
    kept = io.BytesIO()
    for piece in pieces:
        if kept.tell() + len(piece) > bounds.memory // 4:  # what grows is copied
            raise refused("too large to be packed as it is" if packed else "too large to be read from a pipe")
        kept.write(piece)
    kept.seek(0)
    return kept


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least `HEAD`: a file of many tiny members costs no more than another."""
    some, size = [], 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size >= HEAD:
            yield b"".join(some)
            some, size = [], 0
    if some:
        yield b"".join(some)


def _gunzip(packed: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Unpack every member of a gzip file (RFC 1952 §2.2), never more than one piece ahead of the reader."""
    inflater, taken, given = zlib.decompressobj(31), 0, 0
    for bite in (piece[at : at + _BITE] for piece in packed for at in range(0, len(piece), _BITE)):
        left = bite
        taken += len(bite)
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
        raise refused("the gzip file ends before its end")


def _inflate(inflater: zlib._Decompress, data: bytes) -> bytes:
    try:
        return inflater.decompress(data, _PIECE)
    except zlib.error:
        raise refused("the gzip file is damaged") from None


def check_size(unpacked: int, packed: int, bounds: Bounds) -> None:
    """Raise ListError where a packed file unpacks to more than the bounds allow."""
    if unpacked > bounds.inflated:
        raise refused("it unpacks to over {} bytes", bounds.inflated)
    if unpacked > _FREE and unpacked > bounds.ratio * max(packed, 1):
        raise refused("it unpacks to over {} times its size", bounds.ratio)
