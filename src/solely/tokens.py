"""Tokens: equal contacts meet within one purpose, without being opened.

A token is AES-256 under the purpose's token key of the first 16 bytes of a digest (`Contact.digests`):
one block each, independent of every other.

- Why that is sound: AES is a permutation of 16-byte blocks that, without its key, can't be told from a random
  one. Equal blocks give equal tokens, which is the one thing a token is for; unequal ones give unequal tokens.
  What makes ECB unfit for messages (equal blocks show) is here the function itself, once per value.
- Across purposes the keys are independent, so tokens of two purposes tell nothing about each other.
- What it is not: encryption of the contact (a digest can't be turned back), nor a secret from one who holds the
  key: that one can tokenise every phone number there is. It hides nothing about how often a value occurs.
- Half the digest is enough: among 2**33 tokens two unequal digests meet with a chance of 2**-63.
"""

from __future__ import annotations

from typing import final, overload

import numpy as np
import numpy.typing as npt

from solely.contact import Contact
from solely.errors import BadInput
from solely.keys import TokenKeys

__all__ = ["TOKEN_BYTES", "Tokeniser"]

TOKEN_BYTES = 16

Blocks = npt.NDArray[np.uint8]  # shape (n, 16)


@final
class Tokeniser:
    """Makes tokens of one purpose. `numbers` are the live token keys, `primary` the one used by default."""

    __slots__ = ("_keys", "numbers", "primary", "purpose")

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys
        self.purpose, self.primary, self.numbers = keys.purpose, keys.primary, keys.numbers

    @overload
    def tokenise(self, digests16: bytes, number: int | None = None) -> bytes: ...
    @overload
    def tokenise(self, digests16: Blocks, number: int | None = None) -> Blocks: ...

    def tokenise(self, digests16: bytes | Blocks, number: int | None = None) -> bytes | Blocks:
        """Tokens of digests, all in one call, in their order and shape.

        Takes the first 16 bytes of each digest: n x 16 bytes, or a uint8 array of shape (n, 16).
        `number` names another live token key than the primary, for the time of a rotation.
        Raises BadInput for another shape, Unavailable for a key that is not held.
        """
        number = self.primary if number is None else number
        if isinstance(digests16, bytes):
            if len(digests16) % TOKEN_BYTES:
                raise BadInput("digests must be cut to 16 bytes each")
            return self._keys.permute(number, digests16)
        if digests16.dtype != np.uint8 or digests16.shape[1:] != (TOKEN_BYTES,):
            raise BadInput("digests must be a uint8 array of shape (n, 16)")
        blocks = np.ascontiguousarray(digests16)
        return np.frombuffer(self._keys.permute(number, blocks.data), np.uint8).reshape(digests16.shape)

    def move(self, tokens: bytes, old: int, new: int) -> bytes:
        """Tokens made under one live key as the other makes them, without what they are of.

        Raises BadInput for another length, Unavailable for a key that is not held.
        """
        if len(tokens) % TOKEN_BYTES:
            raise BadInput("tokens are of 16 bytes each")
        return self._keys.move(old, new, tokens)

    def for_contact(self, contact: Contact, number: int | None = None) -> tuple[bytes, ...]:
        """The tokens of every digest variant of a contact, 16 bytes each, no order."""
        tokens = self.tokenise(b"".join(digest[:TOKEN_BYTES] for digest in contact.digests()), number)
        return tuple(tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES))
