"""Passwords, for a platform that keeps none of its own: Argon2id over a keyed hash.

- A password is NFKC text (SP 800-63B-4 §3.1.1.2), 8 characters or more beside another factor and 15 alone, up
  to 256. Neither kinds of characters nor a change are asked for; what is guessed first is refused.
- It is hashed with HMAC-SHA256 under a pepper that the compartment keeps apart from the database, then with
  Argon2id (RFC 9106) at OWASP's parameters: 2 passes, 19 MiB, 1 lane. A leaked database alone can't be guessed at.
- Who is unknown costs the same work as who is known: `check_nobody`.
- A `Password` does not print, compare, hash, pickle, format or change.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from typing_extensions import override

from solely.errors import BadInput, Tampered, Unavailable, WrongAnswer
from solely.verification import block_list

__all__ = [
    "CURES",
    "LEAST_ALONE",
    "LEAST_BESIDE",
    "MOST",
    "SALT_BYTES",
    "Hashed",
    "Password",
    "Peppers",
    "check_nobody",
    "check_password",
    "hash_password",
    "read_password",
]

Peppers = Mapping[int, Callable[[bytes], bytes]]  # HMAC-SHA256 under each pepper: the highest number is the primary

LEAST_BESIDE, LEAST_ALONE = 8, 15  # characters, beside another factor and as the only one (SP 800-63B-4 §3.1.1.2)
MOST = 256  # characters: over the 64 that must be allowed
SALT_BYTES = 16
_MAX_TYPED = 4 * MOST  # characters before NFKC, which makes most texts shorter if it changes their length

CURES = {
    "too-short": "take more characters: some words in a row are easy to keep in mind",
    "too-long": f"take at most {MOST} characters",
    "not-a-text": "it has characters that no keyboard makes",
    "common": "this one is on the list of passwords that are tried first: take another",
    "own-word": "it is made of a name that anyone would try: take another",
}

_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=SALT_BYTES, type=Type.ID
)  # OWASP Password Storage Cheat Sheet, ASVS 5.0 11.4.2 and appendix C
_MOST_MEMORY_KIB, _MOST_PASSES = 1_048_576, 64  # what a stored hash may ask for: more would stop the machine


@final
class Password:
    """A typed password in its one spelling, which only `expose` shows."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        """Take what `_normal` returned; use `read_password` for a new one and `Password.typed` for a try."""
        object.__setattr__(self, "_text", text)

    @classmethod
    def typed(cls, text: str) -> Password:
        """A try at a password set before: no rule for new ones applies. Raises WrongAnswer for what can't be one."""
        normal, reason = _normal(text)
        if reason is not None:
            raise WrongAnswer("wrong", where="password")
        return cls(normal)

    def expose(self) -> str:
        """The NFKC text. Only hashing has a use for it."""
        return self._text

    @override
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("a password does not change: read another")

    @override
    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError("a password does not change: read another")

    @override
    def __repr__(self) -> str:
        return "<password>"

    __str__ = __repr__

    @override
    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a password is not formatted")

    @override
    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("passwords are not compared: check one against a hash")

    @override
    def __hash__(self) -> NoReturn:
        raise TypeError("a password is not hashed so: use hash_password")

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("a password is not pickled")


@dataclass(frozen=True, slots=True)
class Hashed:
    """What is stored: Argon2's own text (`$argon2id$v=19$m=…`), and the number of the pepper under it."""

    text: str = field(repr=False)
    pepper: int


def read_password(text: str, *, least: int, words: Collection[str]) -> Password:
    """Read a new password of `least` to 256 characters. `words` are names of service and person.

    Raises BadInput, `what` one of `CURES` and never the text; and for a `least` under 8.
    """
    if least < LEAST_BESIDE:
        raise BadInput(f"a policy asks for {LEAST_BESIDE} characters or more", where="password")
    normal, reason = _normal(text)
    if reason is None and len(normal) < least:
        reason = "too-short"
    reason = reason or block_list.find(normal, words)
    if reason is not None:
        raise BadInput(reason, where="password", cure=CURES[reason])
    return Password(normal)


def _normal(text: str) -> tuple[str, str | None]:
    """NFKC of a text; or nothing, and why it is no password.

    Surrogates have no UTF-8. What NFKC makes of a character that is not assigned yet may change (UAX 15 §12,
    stabilised strings): a password with one might some day not read as itself.
    """
    if len(text) > _MAX_TYPED:
        return "", "too-long"
    normal = unicodedata.normalize("NFKC", text)
    if any(unicodedata.category(c) in {"Cn", "Cs"} for c in normal):
        return "", "not-a-text"
    return (normal, None) if len(normal) <= MOST else ("", "too-long")


def hash_password(password: Password, peppers: Peppers, salt: bytes) -> Hashed:
    """Hash under the primary pepper; `salt` is 16 fresh random bytes.

    Raises BadInput for a salt of another length, Unavailable where there is no pepper.
    """
    if len(salt) != SALT_BYTES:
        raise BadInput(f"a salt has {SALT_BYTES} bytes", where="password")
    number = _primary(peppers)
    return Hashed(_HASHER.hash(_peppered(password, peppers, number), salt=salt), number)


def check_password(password: Password, hashed: Hashed, peppers: Peppers) -> bool:
    """Whether a password that is right is to be hashed anew: its parameters or its pepper are no longer ours.

    Raises WrongAnswer for another password, Tampered where the stored text is no hash of this kind, Unavailable
    where its pepper is not held.
    """
    primary = _primary(peppers)
    _affordable(hashed.text)
    try:
        _HASHER.verify(hashed.text, _peppered(password, peppers, hashed.pepper))
    except VerifyMismatchError:
        raise WrongAnswer("wrong", where="password") from None
    except VerificationError:
        raise _spoiled() from None
    return hashed.pepper != primary or _HASHER.check_needs_rehash(hashed.text)


def check_nobody(password: Password, peppers: Peppers) -> NoReturn:
    """For a person who is not known: the work of `check_password`, and always its WrongAnswer (ASVS 5.0 6.3.8)."""
    check_password(password, Hashed(_NOBODY, _primary(peppers)), peppers)
    raise WrongAnswer("wrong", where="password")


def _primary(peppers: Peppers) -> int:
    if not peppers:
        raise Unavailable("there is no pepper", where="password")
    return max(peppers)


def _peppered(password: Password, peppers: Peppers, number: int) -> bytes:
    if number not in peppers:
        raise Unavailable(f"pepper {number} is not held", where="password", cure="it may have been destroyed")
    return peppers[number](password.expose().encode())


def _affordable(text: str) -> None:
    try:
        asked = extract_parameters(text)
    except InvalidHashError:
        raise _spoiled() from None
    if asked.type is not Type.ID or asked.memory_cost > _MOST_MEMORY_KIB or asked.time_cost > _MOST_PASSES:
        raise _spoiled()


def _spoiled() -> Tampered:
    return Tampered("a stored password hash is not what was written", where="password")


def _encoded(salt: bytes, raw: bytes) -> str:
    parts = (base64.b64encode(part).decode().rstrip("=") for part in (salt, raw))
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return "$".join(["", "argon2id", "v=19", cost, *parts])


_NOBODY = _encoded(bytes(SALT_BYTES), bytes(32))  # written out, not hashed: no password is known to give it
