"""An API key: `solely_reg_…_…`, which can be found where it leaked, and told from a typing error without a database.

- The first part names the compartment it is for; it opens nothing in another.
- The second is 32 random bytes in base 62. With 256 bits to guess, one fast hash is enough to keep it by: there is
  nothing that a slow one would make harder, and each request would pay for it.
- The third is a CRC-32 of the rest: each single wrong character, and each swap of two neighbours, is told.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from solely.errors import Unauthenticated
from solely.principal.rights import HOMES, Home

__all__ = ["CODES", "KEY_BYTES", "PATTERN", "UNKNOWN", "digest_of", "new_key"]

KEY_BYTES = 32
CODES: Mapping[Home, str] = MappingProxyType({home: home[:3] for home in HOMES})
_BODY, _CHECK = rf"solely_(?:{'|'.join(CODES.values())})_[0-9A-Za-z]{{43}}", "[0-9A-Za-z]{6}"
PATTERN = f"{_BODY}_{_CHECK}"  # for scanners of leaked secrets
UNKNOWN = "this key opens nothing here"  # whether unknown, expired, revoked or another compartment's

_KEY = re.compile(f"({_BODY})_({_CHECK})")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _SUM = 43, 6  # base-62 digits of 32 and of 4 bytes


def new_key(home: Home, random: bytes) -> tuple[str, bytes]:
    """A key made of 32 random bytes, to be shown once, and the digest it is kept by."""
    if len(random) != KEY_BYTES:
        raise ValueError("a key is made of 32 bytes")
    body = f"solely_{CODES[home]}_{_base62(int.from_bytes(random), _SECRET)}"
    return f"{body}_{_sum(body)}", hashlib.sha256(random).digest()


def digest_of(presented: str, home: Home) -> bytes:
    """The digest that a key is kept by. Raises Unauthenticated for what is no key, or another compartment's."""
    found = _KEY.fullmatch(presented)
    secret = _number(found[1][-_SECRET:]) if found else 0
    if not found or _sum(found[1]) != found[2] or secret >= 256**KEY_BYTES:
        raise Unauthenticated("not a key, or mistyped", where="key", cure="give the whole key as it was shown")
    if not presented.startswith(f"solely_{CODES[home]}_"):
        raise Unauthenticated(UNKNOWN, where="key", cure="give a standing key of this compartment")
    return hashlib.sha256(secret.to_bytes(KEY_BYTES)).digest()


def _sum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _SUM)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _number(text: str) -> int:
    number = 0
    for digit in text:
        number = number * 62 + _DIGITS.index(digit)
    return number
