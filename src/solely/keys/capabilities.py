"""What is done with keys: each capability works with the keys of one purpose and one use, and gives none out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from typing_extensions import override

from solely.errors import Tampered, Unavailable

__all__ = ["KEY_BYTES", "NONCE_BYTES", "BoxKey", "Entropy", "LedgerKeys", "MacKey", "SealKeys", "TokenKeys", "Unseen"]

Entropy = Callable[[int], bytes]  # a number of bytes, all uniformly random
KEY_BYTES, NONCE_BYTES = 32, 12


class Unseen:
    """What holds a key: it does not print, compare, hash, pickle or format."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    @override
    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("what holds keys is not formatted")

    @override
    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("what holds keys is not compared")

    @override
    def __hash__(self) -> NoReturn:
        raise TypeError("what holds keys is not hashed")

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("what holds keys is not pickled")


@final
class SealKeys(Unseen):
    """The sealing keys of one purpose: AES-256-GCM-SIV, always with associated data."""

    __slots__ = ("_aeads", "primary", "purpose")

    def __init__(self, purpose: str, primary: int, keys: Mapping[int, bytes]) -> None:
        self.purpose, self.primary = purpose, primary
        self._aeads = {number: AESGCMSIV(key) for number, key in keys.items()}

    def encrypt(self, number: int, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Ciphertext and tag (16 bytes more than `data`). Raises Unavailable where that key is not held."""
        return self._aead(number).encrypt(nonce, data, associated)

    def decrypt(self, number: int, nonce: bytes, box: bytes, associated: bytes) -> bytes:
        """What was encrypted. Raises Tampered where anything differs, Unavailable where that key is not held."""
        try:
            return self._aead(number).decrypt(nonce, box, associated)
        except (InvalidTag, ValueError):
            raise Tampered("a ciphertext does not open here", where=self.purpose) from None

    def _aead(self, number: int) -> AESGCMSIV:
        if number not in self._aeads:
            raise Unavailable(
                f"sealing key {number} is not held", where=self.purpose, cure="it may have been destroyed"
            )
        return self._aeads[number]


@final
class TokenKeys(Unseen):
    """The token keys of one purpose: a permutation of 16-byte blocks under each."""

    __slots__ = ("_ciphers", "numbers", "primary", "purpose")

    def __init__(self, purpose: str, primary: int, keys: Mapping[int, bytes]) -> None:
        self.purpose, self.primary, self.numbers = purpose, primary, tuple(sorted(keys))
        # ECB: each block is a value of its own; solely.tokens says why that is sound for them, and for nothing else
        self._ciphers = {number: Cipher(AES256(key), ECB()) for number, key in keys.items()}  # noqa: S305 - see above

    def permute(self, number: int, blocks: bytes | memoryview) -> bytes:
        """Each 16-byte block through AES-256. Raises Unavailable where that key is not held."""
        return self._held(number).encryptor().update(blocks)

    def move(self, old: int, new: int, blocks: bytes) -> bytes:
        """Tokens made under one key as the other makes them: what they are of comes out nowhere.

        Raises Unavailable where one of the two is not held.
        """
        return self._held(new).encryptor().update(self._held(old).decryptor().update(blocks))

    def _held(self, number: int) -> Cipher[ECB]:
        if number not in self._ciphers:
            raise Unavailable(f"token key {number} is not held", where=self.purpose, cure="it may have been destroyed")
        return self._ciphers[number]


@final
class LedgerKeys(Unseen):
    """The appender's keys: Ed25519 (RFC 8032) for checkpoints, HMAC-SHA256 for single entries."""

    __slots__ = ("_sign", "mac", "public_key")

    def __init__(self, sign: bytes, mac: bytes) -> None:
        self._sign = Ed25519PrivateKey.from_private_bytes(sign)
        self.mac = MacKey(mac).mac
        self.public_key = self._sign.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""
        return self._sign.sign(message)


@final
class MacKey(Unseen):
    """A key for one use of HMAC-SHA256."""

    __slots__ = ("_mac",)

    def __init__(self, key: bytes) -> None:
        self._mac = HMAC(key, SHA256())

    def mac(self, message: bytes) -> bytes:
        """An HMAC-SHA256, 32 bytes."""
        mac = self._mac.copy()
        mac.update(message)
        return mac.finalize()


@final
class BoxKey(Unseen):
    """A key for what one process keeps for itself: AES-256-GCM-SIV (RFC 8452), the nonce before the ciphertext."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCMSIV(key)

    def close(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Nonce, ciphertext and tag: 28 bytes more than `data`, which is not empty."""
        return nonce + self._aead.encrypt(nonce, data, associated)

    def open(self, box: bytes, associated: bytes) -> bytes:
        """What was put in. Raises Tampered where anything differs."""
        try:
            return self._aead.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], associated)
        except (InvalidTag, ValueError):
            raise Tampered("what was kept does not open", where="its box") from None
