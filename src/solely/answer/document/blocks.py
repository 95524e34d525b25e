"""What a document is made of. Each text is plain: nothing in it is markup, in any form.

- Headings go down one level at a time, as screen readers and PDF/UA want it. The title is the level above the first.
- `shown` says what of a text can be seen; every form shows just that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from solely.errors import BadInput

__all__ = ["Block", "Document", "Fields", "Heading", "Items", "Picture", "Table", "Text", "shown"]

_TOP = 2  # the title is level 1
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# They show nothing, and some turn what stands beside them around: a text must not read other than it is.
_UNSEEN = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]")  # fmt: skip  # noqa: E501
# Control characters, halves of a character, and what Unicode will never assign.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)
) + "]")  # fmt: skip


def shown(text: str) -> str:
    """What of a text can be seen: lines end in LF, a tab is a space, what can't be shown is U+FFFD."""
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    return _UNFIT.sub("\ufffd", _UNSEEN.sub("", text))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` is 2 to 4."""

    text: str
    level: int = _TOP

    def __post_init__(self) -> None:
        if not shown(self.text).strip():
            raise BadInput("a heading needs words", where="document")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. A line that ends in it ends in every form."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list with bullets."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header. `numbers` are the columns, from 0, that are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not self.header or any(len(row) != len(self.header) for row in self.rows):
            raise BadInput("each row of a table has a cell for each column", where="document")


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels and values, as of a form."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that our own code drew, and the words that say the same."""

    svg: str
    alt: str

    def __post_init__(self) -> None:
        if not shown(self.alt).strip():
            raise BadInput("a picture needs words that say the same", where="document")


Block = Heading | Text | Items | Table | Fields | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. `language` is a BCP 47 tag of the language it is written in."""

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"

    def __post_init__(self) -> None:
        """Raises BadInput without a title, for a heading that skips a level, or for no language tag."""
        if not shown(self.title).strip():
            raise BadInput("a document needs a title", where="document")
        if not _LANGUAGE.fullmatch(self.language):
            raise BadInput("a language is a tag such as en or pt-BR", where="document")
        level = _TOP - 1
        for block in self.blocks:
            if isinstance(block, Heading):
                if not _TOP <= block.level <= min(level + 1, _TOP + 2):
                    raise BadInput("a heading skips a level", where="document")
                level = block.level
