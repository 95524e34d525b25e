r"""Bytes of a text in any encoding become chunks of whole lines in UTF-8.

- A byte order mark decides, then what the caller says; then NUL bytes in every second place make UTF-16; else
  each line is UTF-8, and a line that is not is Windows-1252 (or Shift JIS, where the first lines show it).
- Line ends are made \n. No line is longer than the bound, so memory does not grow with a line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

import numpy as np

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.refusals import refused
from solely.errors import ListError

__all__ = ["Text", "known_encoding"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_HALF = 0.1  # of the characters of UTF-16 text, at least this share is ASCII: line ends and delimiters are
# Controls that no text has; \x0b and \x1c to \x1f part what stands in one cell, \x1a ends old files, NUL pads cells.
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1b]")
_END = b"\x1a"  # what CP/M and MS-DOS end a text with
_MOST_CONTROLS, _MOST_NULS = 0.02, 0.5
_KANA = range(0x3041, 0x30FF)
_MIN_KANA = 2
_JAPANESE = re.compile("電話|携帯|氏名|名前|住所|連絡先|国名")  # headers without kana
_NO_LIST = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")  # Python's, not a file's


def known_encoding(name: str) -> str:
    """Python's name of a text encoding. Raises ListError for one it does not know."""
    try:
        info = codecs.lookup(name)
        "a,\n".encode(name)
    except (LookupError, ValueError, TypeError):
        info = None
    # The last is the one way to tell rot13 from Latin-1.
    if info is None or info.name.replace("-", "_") in _NO_LIST or not info._is_text_encoding:  # noqa: SLF001
        raise ListError("no such text encoding", where="encoding", cure="for example utf-8, utf-16, cp1252, shift_jis")
    return info.name


class Text:
    """A text being read: `encoding` is what was found so far."""

    def __init__(self, head: bytes, pieces: Iterable[bytes], bounds: Bounds, encoding: str | None = None) -> None:
        mark, marked = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", ""))
        if marked:
            encoding = None if marked == "utf-8" else marked
        elif encoding in (None, "utf-16"):
            encoding = _utf16_without_mark(head) or encoding
        self.encoding = encoding or "utf-8"
        self._mark, self._pieces, self._bounds = mark, pieces, bounds
        self._given = encoding is not None
        self._fallback = "cp932" if _is_shift_jis(head) else "windows-1252"
        start = head[len(mark) :]
        self.head = start.decode(self.encoding, "replace").encode() if self._given else self._utf8(_whole(start))
        if _is_binary(self.head):
            raise refused("the list is not text", where="byte 1")

    def chunks(self, separator: bytes = b"\n") -> Iterator[bytes]:
        r"""Chunks of whole lines, UTF-8, parted by \n, without the last \n. A `separator` parts lines too."""
        carry, line = b"", 1
        for piece in self._decoded():
            held = carry + (piece if separator == b"\n" else piece.replace(separator, b"\n"))
            cut = _last_end(held)
            if cut < 0:
                self._check(len(held), line)
                carry = held
                continue
            end = cut - 1 if held[cut - 1 : cut + 1] == b"\r\n" else cut
            chunk, carry = _one_end(held[:end]), held[cut + 1 :]
            yield self._in_bounds(chunk, line)
            line += chunk.count(b"\n") + 1
        if carry := carry.removesuffix(_END):
            yield self._in_bounds(_one_end(carry).removesuffix(b"\n"), line)

    def _in_bounds(self, chunk: bytes, line: int) -> bytes:
        if len(chunk) > self._bounds.line:
            ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n"))
            lengths = np.diff(np.concatenate(([-1], ends, [len(chunk)]))) - 1
            first = int((lengths > self._bounds.line).argmax())
            self._check(int(lengths[first]), line + first)
        return self._utf8(chunk)

    def _check(self, length: int, line: int) -> None:
        if length > self._bounds.line:
            raise refused("a line of over {} bytes", self._bounds.line, where=f"line {line}")

    def _decoded(self) -> Iterator[bytes]:
        """Pieces whose line ends are those of ASCII: UTF-8, or bytes still to be decoded line by line."""
        pieces = self._unmarked()
        if not self._given:
            yield from pieces
            return
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        for piece in pieces:
            yield decoder.decode(piece).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def _unmarked(self) -> Iterator[bytes]:
        left = len(self._mark)
        for piece in self._pieces:
            yield piece[left:]
            left = max(0, left - len(piece))

    def _utf8(self, data: bytes) -> bytes:
        if self._given:
            return data
        try:
            data.decode()
        except UnicodeDecodeError:
            return b"\n".join(self._line(line) for line in data.split(b"\n"))
        return data

    def _line(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            self.encoding = self._fallback
            return line.decode(self._fallback, "replace").encode()
        return line


def _last_end(held: bytes) -> int:
    r"""Where the last line end is, or -1. A lone \r at the very end may be half of \r\n."""
    cut = held.rfind(b"\n")
    return cut if cut >= 0 else held.rfind(b"\r", 0, len(held) - 1)


def _one_end(chunk: bytes) -> bytes:
    return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in chunk else chunk


def _whole(head: bytes) -> bytes:
    """The head without a letter of UTF-8 that is cut off at its end."""
    for cut in range(4):
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return head[: len(head) - cut]
    return head


def _is_binary(head: bytes) -> bool:
    """Whether most lines hold controls, and many: one damaged row makes no binary file."""
    lines = head.splitlines()
    controls, nuls = len(_CONTROL.findall(head)), head.count(0)
    if controls <= len(head) * _MOST_CONTROLS and nuls <= len(head) * _MOST_NULS:
        return False
    return sum(0 in line or _CONTROL.search(line) is not None for line in lines) > len(lines) / 2


def _utf16_without_mark(head: bytes) -> str | None:
    pairs = len(head) // 2
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) <= pairs * _OTHER_HALF or min(even, odd) >= max(even, odd) / 10:
        return None
    # A damaged line may be full of NULs, but then the line ends of the others are single bytes.
    text, ends = head.decode(name, "replace"), head.count(b"\n") + head.count(b"\r")
    return name if (text.count("\n") + text.count("\r")) * 2 >= ends else None


def _is_shift_jis(head: bytes) -> bool:
    sample = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    try:
        text = sample.decode("cp932")
    except UnicodeDecodeError:
        return False
    return sum(ord(c) in _KANA for c in text) >= _MIN_KANA or _JAPANESE.search(text) is not None
