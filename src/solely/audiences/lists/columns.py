"""What the columns of a list mean: by header and content together, or as the caller says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solely.audiences.lists.cells import unwrap
from solely.audiences.lists.countries import country_of
from solely.audiences.lists.reasons import DIGEST_LENGTHS, PLACEHOLDERS
from solely.audiences.lists.refusals import refused
from solely.audiences.lists.report import CONTACTS, Column, Meaning
from solely.audiences.lists.words import header_meaning, is_known

__all__ = ["Layout", "kind_of", "lay_out"]

_HALF, _MOST = 0.5, 0.8
_PREAMBLE = 20  # records a title may take before the header
_LABEL = 64  # characters
_ALPHA2 = 2  # letters of a country code (ISO 3166)
_HEX = re.compile(r"(?:0x|\\x)?([0-9a-f]+)", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=")
_PHONE = re.compile(r"(\+|\(|00|0)?[\d(][\d\s().\-/\u2010-\u2013]{5,24}")
_DATE = re.compile(r"\d{4}[-./]\d\d?[-./]\d\d?.*|\d\d?[-./]\d\d?[-./]\d{2,4}.*")
_DIGITS = range(7, 16)  # of a phone number
_STRONG = 9  # digits from which a number without sign or leading zero may be a phone's


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns, and where the data begins: `start` counts the records before it, `header` is among them."""

    columns: tuple[Column, ...]
    header: bool
    start: int

    def numbers(self, *meanings: Meaning) -> tuple[int, ...]:
        """The columns of these meanings, counted from 0."""
        return tuple(column.number - 1 for column in self.columns if column.meaning in meanings)


def kind_of(cell: str) -> str:
    """What a cell looks like at a glance: email, hash, +phone, phone, or nothing; `read_cell` judges."""
    text = unwrap(cell[:512])
    if "@" in text:
        return "email"
    hexed = _HEX.fullmatch(text)
    if (hexed and len(hexed[1]) in {2 * n for n in DIGEST_LENGTHS}) or _BASE64.fullmatch(text):
        return "hash"
    digits = sum(c.isdecimal() for c in text)
    if digits not in _DIGITS or _DATE.fullmatch(text) or not (phone := _PHONE.fullmatch(text)):
        return ""
    return "+phone" if phone[1] == "+" else "phone" if phone[1] or digits >= _STRONG else ""


def lay_out(
    sample: Sequence[Sequence[str]],
    *,
    width: int = 0,
    header: bool | None = None,
    given: Mapping[int, Meaning] | None = None,
) -> Layout:
    """Find the header among the first records of a list and what each column means.

    `given` overrides, by column number from 1. Raises ListError where no column holds contacts.
    """
    at = _header_at(sample) if header is None else (0 if header and sample else None)
    heads = list(sample[at]) if at is not None else []
    rows = sample[at + 1 :] if at is not None else sample
    width = max(width, len(heads)) if heads else max([width, *(len(row) for row in rows)], default=0)
    columns = []
    for i in range(width):
        head = heads[i].strip() if i < len(heads) else ""
        cells = [cell for row in rows if i < len(row) and (cell := row[i].strip())]
        columns.append(_column(i + 1, head, cells, bare=at is None, alone=width == 1))
    return Layout(_settle(columns, given or {}), at is not None, at + 1 if at is not None else 0)


def _settle(columns: list[Column], given: Mapping[int, Meaning]) -> tuple[Column, ...]:
    for number, meaning in given.items():
        if not 1 <= number <= len(columns):
            raise refused("no such column", len(columns), where=f"column {number}")
        columns[number - 1] = Column(number, columns[number - 1].header, meaning, "caller")
    if not any(column.meaning in CONTACTS for column in columns):
        raise refused("no column of e-mail addresses, phone numbers or digests was found")
    return tuple(columns)


def _column(number: int, head: str, cells: list[str], *, bare: bool, alone: bool) -> Column:
    shown = head if head and is_known(head) else None
    said = header_meaning(head) if head else "unknown"
    match said:
        case "other" | "unknown":
            meaning = _by_content(cells, other=said == "other", bare=bare, alone=alone)
            return Column(number, shown, meaning, "content")
        case _:
            return Column(number, shown, said, "header")


def _by_content(cells: list[str], *, other: bool, bare: bool, alone: bool) -> Meaning:
    kinds = [kind_of(cell) for cell in cells]
    email, digest, plus, phone = (kinds.count(kind) for kind in ("email", "hash", "+phone", "phone"))
    if cells and email >= len(cells) * _HALF:
        return "email"
    if other and not alone:
        return "ignored"
    if cells and email + digest + plus >= len(cells) * _HALF:
        return "phone" if plus >= len(cells) * _HALF else "identifier"
    if cells and phone + plus >= len(cells) * _MOST and (bare or _are_dialled(cells)):
        return "phone"
    if alone:
        return "identifier"
    coded = bare and cells and all(len(c) == _ALPHA2 and c.isupper() and country_of(c) for c in cells)
    return "country" if coded else "ignored"


def _are_dialled(cells: list[str]) -> bool:
    return sum(cell.startswith(("0", "+", "(")) for cell in cells) >= len(cells) * _MOST


def _header_at(sample: Sequence[Sequence[str]]) -> int | None:
    """The record with most words for contacts before the first contact; titles may stand above it."""
    contacts = (at for at, record in enumerate(sample) if any(kind_of(cell) for cell in record))
    above = sample[: min(next(contacts, _PREAMBLE), _PREAMBLE)]
    words = [sum(header_meaning(cell) in (*CONTACTS, "country") for cell in record) for record in above]
    if any(words):
        return words.index(max(words))
    return 0 if sample and _looks_like_header(sample[0], sample[1:]) else None


def _looks_like_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """A first record of labels over columns of contacts, in a language that `words` lacks."""
    cells = [cell.strip() for cell in first if cell.strip()]
    labels = all(len(c) <= _LABEL and not kind_of(c) and c.lower() not in PLACEHOLDERS for c in cells)
    spoken = all(any(letter.isalpha() for letter in cell) and cell[0] not in "=@+-" for cell in cells)
    if not cells or not labels or not spoken or not rows:
        return False
    return sum(any(kind_of(cell) for cell in row) for row in rows) >= len(rows) * _HALF
