"""One cell of a list: its digest, or the reason why there is none.

- What a cell is shows in the cell: an @ makes an e-mail address, 64 hex digits or 44 Base64 characters a
  SHA-256 digest, a plus sign a phone number. Only for other numbers does the column's meaning count.
- What spreadsheets and mail programs put around a contact is taken off where nothing is lost by it.
- The verdict depends on the cell, its column's meaning and its row's country alone.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

from solely.audiences.lists.reasons import DIGEST_LENGTHS, NOTHINGS, PLACEHOLDERS
from solely.audiences.lists.report import Meaning
from solely.contact import MAX_LENGTH, Contact
from solely.errors import ContactError

__all__ = ["KEY_BYTES", "Verdict", "number_of", "read_cell", "unwrap"]

KEY_BYTES = 16  # the first bytes of a digest: what tokens are made of

Verdict = bytes | str  # the first 16 bytes of a SHA-256 digest, or a reason of `CURES`

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_OUTER = _INVISIBLE + " \t\r\n\0\u00a0\u2007\u202f"  # NUL pads cells of a fixed width
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_QUOTES = ('""', "''", "\u201c\u201d", "\u2018\u2019", "<>")
_SCHEME = re.compile(r"(?:mailto|tel|sms|callto):", re.IGNORECASE)
_NAMED = re.compile(r"[^<>@]*<([^<>]+@[^<>]+)>")
_HEX = re.compile(r"(?:0x|\\x|sha-?256[:=$-])?([0-9a-f]+)", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_NEAR_HASH = range(48, 81)  # characters of what is no contact any more but a digest cut short or grown long
_BASE64_CUT = 43  # a SHA-256 in Base64 without its padding: UID2 calls it invalid, and so must we
_UNPADDED = 48  # bytes of the one digest that Base64 needs no padding for: SHA-384
_DEVICE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EXPONENT = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_WHOLE_FLOAT = re.compile(r"(\+?\d{7,15})[.,]0+")
_FORMULA = re.compile(r"=|[+\-@]\s*[^\W\d_][^0-9]*[(|!]")
_UNREAL = ("Cc", "Cs", "Co")  # Unicode categories that no contact is written in
_NOT_DIGIT = re.compile(r"\D")
_LEAST_DIGITS = 6  # of one number that repeats one digit: a filler


def read_cell(text: str, meaning: Meaning, country: str | None = None) -> Verdict:
    """The first 16 bytes of the cell's digest, or its reason. `country`: ISO 3166 alpha-2 of the row."""
    text = unwrap(text)
    if not text:
        return "empty"
    if len(text) > MAX_LENGTH:
        return "too-long"
    return _refusal(text) or _as_digest(text) or _as_contact(text, meaning, country)


def _refusal(text: str) -> str | None:
    if text.lower() in PLACEHOLDERS:
        return "placeholder"
    damaged = not text.isprintable() and any(unicodedata.category(c) in _UNREAL for c in text)
    return "not-text" if damaged or "\ufffd" in text else None


def unwrap(text: str) -> str:
    """Take off what stands around a contact and loses nothing: spaces, quotes, Excel's ="...", mailto:, tel:."""
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    text = text.strip(_OUTER)
    if formula := _TEXT_FORMULA.fullmatch(text):
        text = formula[1].strip(_OUTER)
    while len(text) > 1 and text[0] + text[-1] in _QUOTES:
        text = text[1:-1].strip(_OUTER)
    text = text.removeprefix("'").lstrip(_OUTER)
    if named := _NAMED.fullmatch(text):
        text = named[1].strip(_OUTER)
    if scheme := _SCHEME.match(text):
        text = text[scheme.end() :].lstrip(_OUTER)
    return text


def _as_digest(text: str) -> Verdict | None:
    if hexed := _HEX.fullmatch(text):
        return _from_hex(hexed[1])
    if _DEVICE.fullmatch(text):
        return "device-id"
    return _from_base64(text) if _BASE64.fullmatch(text) else None


def _from_hex(digits: str) -> Verdict | None:
    if len(digits) % 2 == 0 and len(digits) // 2 in DIGEST_LENGTHS:
        return _from_bytes(bytes.fromhex(digits))
    return "bad-hash" if len(digits) in _NEAR_HASH else None


def _from_base64(text: str) -> Verdict | None:
    padded = text.endswith("=")
    try:
        raw = base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except binascii.Error:
        return "bad-hash" if len(text) == _BASE64_CUT or len(text) in _NEAR_HASH else None
    if len(raw) == 2 * 32 and padded and (inner := _HEX.fullmatch(raw.decode("ascii", "replace"))):
        return _from_bytes(bytes.fromhex(inner[1]))  # the hex text in Base64, a known slip of the hand
    if len(raw) in DIGEST_LENGTHS and (padded or (len(raw) == _UNPADDED and _mixes_cases(text))):
        return _from_bytes(raw)
    return "bad-hash" if len(text) in _NEAR_HASH or padded else None


def _mixes_cases(text: str) -> bool:
    """Whether 64 characters may be Base64, and are no hex with a wrong letter in it."""
    return text not in (text.lower(), text.upper())


def _from_bytes(raw: bytes) -> Verdict:
    if raw in NOTHINGS:
        return "hash-of-nothing"
    if len(set(raw)) == 1:
        return "placeholder"
    name = DIGEST_LENGTHS[len(raw)]
    return raw[:KEY_BYTES] if name == "sha256" else name


def _as_contact(text: str, meaning: Meaning, country: str | None) -> Verdict:
    if _FORMULA.match(text):
        return "formula"
    if "@" in text:
        return _contact("email", text, country)
    number = number_of(text)
    return "excel-mangled" if number is None else _as_number(number, meaning, country)


def _as_number(number: str, meaning: Meaning, country: str | None) -> Verdict:
    if meaning == "email" and not number.startswith("+"):
        return "not-an-email"
    digits = _NOT_DIGIT.sub("", number)
    if len(digits) >= _LEAST_DIGITS and len(set(digits)) == 1 and not any(c.isalpha() for c in number):
        return "placeholder"
    verdict = _contact("phone", number, country)
    if verdict == "not-a-phone" and meaning != "phone" and not digits:
        return "not-an-email"
    return verdict


def number_of(text: str) -> str | None:
    """The text of a number as it was before a spreadsheet wrote it, or None where digits are lost."""
    if whole := _WHOLE_FLOAT.fullmatch(text):
        return whole[1]
    if exponent := _EXPONENT.fullmatch(text):
        places, fraction = int(exponent[3]), exponent[2] or ""
        exact = 0 < places <= len(fraction) and not fraction[places:].strip("0")
        return exponent[1] + fraction[:places] if exact else None
    return text


def _contact(kind: str, text: str, country: str | None) -> Verdict:
    try:
        return Contact.read("email" if kind == "email" else "phone", text, country).key_digest()[:KEY_BYTES]
    except ContactError as refusal:
        return refusal.reason
