"""Recovery codes: kept by the person, each used once, stored as a keyed hash.

- A code has 24 characters of Crockford's base32: 120 bits. From 112 bits on a plain or keyed hash is enough
  (SP 800-63B-4 §3.1.2.2, ASVS 5.0 6.5.2): no one tries 2**112 of them, so there is nothing a slow hash would
  slow down, and a code is found with one look at an index instead of one slow hash for each code there is.
- The hash is under the compartment's key and bound to the person and the factor: a row that is copied to
  another person opens nothing.
- Read as people write: any case, spaces and hyphens anywhere, O for 0, I or L for 1. The alphabet has no U.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from solely.errors import BadInput, Unavailable, WrongAnswer
from solely.keys import Entropy

__all__ = ["ALPHABET", "CHARACTERS", "Mac", "digest", "new_codes", "read_code"]

Mac = Callable[[bytes], bytes]  # HMAC-SHA256 under a key that the caller holds: any bytes in, 32 bytes out

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: 5 bits each
CHARACTERS = 24
_BYTES = CHARACTERS * 5 // 8
_GROUP = 4
_MAX_TYPED = 100  # characters: a code with something between any two of its own
_LABEL = b"solely recovery code 1\0"  # parts these hashes from all others under the key
_CURE = f"a recovery code has {CHARACTERS} letters and digits, and works once"

_TYPED = {ord(c): c for c in ALPHABET}
_TYPED |= {ord(c.lower()): c for c in ALPHABET if c.isalpha()}
_TYPED |= {ord(c): "0" for c in "Oo"} | {ord(c): "1" for c in "IiLl"}
_BETWEEN = "- \t\r\n\u00a0\u00ad" + "".join(map(chr, range(0x2010, 0x2016)))  # hyphens as keyboards make them
_SPELLING: dict[int, str | None] = {**_TYPED, **dict.fromkeys(map(ord, _BETWEEN))}


def new_codes(entropy: Entropy, count: int = 10) -> tuple[str, ...]:
    """So many codes to be shown once, each as six groups of four with hyphens.

    Raises BadInput for a count under 1, Unavailable where the source of randomness repeats itself.
    """
    if count < 1:
        raise BadInput("at least one recovery code is made")
    codes = tuple(_spell(entropy(_BYTES)) for _ in range(count))
    if len(set(codes)) < count:  # chance gives this once in 2**114 sets
        raise Unavailable("the source of randomness repeats itself", cure="make no secrets on this machine")
    return codes


def _spell(random: bytes) -> str:
    number = int.from_bytes(random, "big")
    text = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(CHARACTERS)))
    return "-".join(text[start : start + _GROUP] for start in range(0, CHARACTERS, _GROUP))


def read_code(typed: str) -> bytes:
    """The one spelling of a typed code: 24 ASCII bytes of `ALPHABET`. Raises WrongAnswer for anything else."""
    text = typed[:_MAX_TYPED].translate(_SPELLING)
    if len(typed) > _MAX_TYPED or len(text) != CHARACTERS or not set(text) <= set(ALPHABET):
        raise WrongAnswer("wrong", cure=_CURE)
    return text.encode()


def digest(mac: Mac, pseudonym: UUID, factor: UUID, code: bytes) -> bytes:
    """What is stored for a code, and what a typed one is looked up by (32 bytes). `code` is what `read_code` gave.

    Every part has a fixed length, so no two triples give the same message.
    """
    return mac(_LABEL + pseudonym.bytes + factor.bytes + code)
