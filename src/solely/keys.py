"""Keyrings: a key file per compartment, a key per purpose; work is done with keys, keys are not handed out.

- Each purpose has two independent lists of numbered 32-byte keys, `seal` and `token`. The primary is the
  highest number; a number is never given twice, so a destroyed key can't come back under its name.
- `sealer`, `tokeniser`, `mac` and `ledger` give out capabilities: each works with the keys of one purpose and one
  use, and holds no way back to the keyring.
- Keyrings and capabilities are values: `rotate` and `destroy` return another keyring. None of them prints,
  compares, hashes, pickles or formats.
- The file is JSON: plain (`"wrap": "none"`, for a trial), or AES-256-GCM-SIV (RFC 8452) under Argon2id (RFC 9106).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NoReturn, final

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from typing_extensions import override

from solely.errors import Conflict, NotFound, Tampered, Unavailable

__all__ = ["Argon2", "Entropy", "Keyring", "LedgerKeys", "MacKey", "SealKeys", "TokenKeys", "Use", "new_keyring"]

Entropy = Callable[[int], bytes]  # a number of bytes, all uniformly random
Use = Literal["seal", "token"]

KEY_BYTES, NONCE_BYTES, SALT_BYTES = 32, 12, 16
_FORMAT, _VERSION = "solely-keyring", 1
_WHERE = "key file"
_RESTORE = "restore the file from its backup"
_HEX_KEY = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")


@dataclass(frozen=True, slots=True)
class Argon2:
    """What guessing a passphrase costs; the default is RFC 9106's second recommendation (§4)."""

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 65_536

    def key(self, passphrase: bytes, salt: bytes) -> bytes:
        kdf = Argon2id(
            salt=salt,
            length=KEY_BYTES,
            iterations=self.iterations,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return kdf.derive(passphrase)


_MOST = Argon2(iterations=64, lanes=64, memory_kib=1_048_576)  # a file may not ask for more: it would stop the machine


class _Unseen:
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
class SealKeys(_Unseen):
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
class TokenKeys(_Unseen):
    """The token keys of one purpose: a permutation of 16-byte blocks under each."""

    __slots__ = ("_ciphers", "numbers", "primary", "purpose")

    def __init__(self, purpose: str, primary: int, keys: Mapping[int, bytes]) -> None:
        self.purpose, self.primary, self.numbers = purpose, primary, tuple(sorted(keys))
        # ECB: each block is a value of its own; solely.tokens says why that is sound for them, and for nothing else
        self._ciphers = {number: Cipher(AES256(key), ECB()) for number, key in keys.items()}  # noqa: S305 - see above

    def permute(self, number: int, blocks: bytes | memoryview) -> bytes:
        """Each 16-byte block through AES-256. Raises Unavailable where that key is not held."""
        if number not in self._ciphers:
            raise Unavailable(f"token key {number} is not held", where=self.purpose, cure="it may have been destroyed")
        return self._ciphers[number].encryptor().update(blocks)


@final
class LedgerKeys(_Unseen):
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
class MacKey(_Unseen):
    """A key for one use of HMAC-SHA256."""

    __slots__ = ("_mac",)

    def __init__(self, key: bytes) -> None:
        self._mac = HMAC(key, SHA256())

    def mac(self, message: bytes) -> bytes:
        """An HMAC-SHA256, 32 bytes."""
        mac = self._mac.copy()
        mac.update(message)
        return mac.finalize()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Numbered:
    """The keys of one use. `last` is the highest number ever given, the primary's."""

    last: int
    keys: Mapping[int, bytes]

    def rotate(self, entropy: Entropy) -> _Numbered:
        return _Numbered(self.last + 1, {**self.keys, self.last + 1: entropy(KEY_BYTES)})

    def destroy(self, number: int) -> _Numbered:
        if number not in self.keys:
            raise NotFound(f"no key {number}", where=_WHERE)
        if number == self.last:
            raise Conflict(f"key {number} is the primary", where=_WHERE, cure="rotate first, then destroy it")
        return _Numbered(self.last, {n: key for n, key in self.keys.items() if n != number})


_Purposes = Mapping[str, Mapping[Use, _Numbered]]


@final
class Keyring(_Unseen):
    """All keys and secrets of one compartment. Make one with `new_keyring` or `from_bytes`."""

    __slots__ = ("_ledger", "_purposes", "_secrets", "compartment")

    def __init__(
        self,
        compartment: str,
        purposes: _Purposes,
        ledger: tuple[bytes, bytes] | None,
        secrets: Mapping[str, str],
    ) -> None:
        self.compartment = compartment
        self._purposes, self._ledger, self._secrets = purposes, ledger, MappingProxyType(dict(secrets))

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes it has keys for."""
        return tuple(self._purposes)

    def sealer(self, purpose: str) -> SealKeys:
        """The capability to seal and open for one purpose. Raises NotFound for a purpose of another compartment."""
        numbered = self._numbered(purpose, "seal")
        return SealKeys(purpose, numbered.last, numbered.keys)

    def tokeniser(self, purpose: str) -> TokenKeys:
        """The capability to tokenise for one purpose. Raises NotFound for a purpose of another compartment."""
        numbered = self._numbered(purpose, "token")
        return TokenKeys(purpose, numbered.last, numbered.keys)

    def ledger(self) -> LedgerKeys:
        """The appender's capability. Raises NotFound in every compartment but `ledger`."""
        if self._ledger is None:
            raise NotFound("no ledger keys", where=f"keyring of {self.compartment}")
        return LedgerKeys(*self._ledger)

    def secret(self, name: str) -> str:
        """A secret the compartment needs, such as its database password. Raises NotFound."""
        if name not in self._secrets:
            raise NotFound(f"no secret {name}", where=f"keyring of {self.compartment}")
        return self._secrets[name]

    def mac(self, name: str) -> MacKey:
        """The capability of a secret that is a key of 32 bytes, in hex. Raises NotFound, Tampered where it is none."""
        text = self.secret(name)
        if not _HEX_KEY.fullmatch(text):
            raise Tampered(f"the secret {name} is no key", where=f"keyring of {self.compartment}", cure=_RESTORE)
        return MacKey(_key(text))

    def with_secret(self, name: str, value: str) -> Keyring:
        """A keyring that holds that secret too."""
        return Keyring(self.compartment, self._purposes, self._ledger, {**self._secrets, name: value})

    def numbers(self, purpose: str, use: Use) -> tuple[int, ...]:
        """The numbers of the keys held, ascending; the last is the primary."""
        return tuple(sorted(self._numbered(purpose, use).keys))

    def rotate(self, purpose: str, use: Use, entropy: Entropy) -> Keyring:
        """A keyring with a new primary; the old keys still open and tokenise."""
        return self._changed(purpose, use, self._numbered(purpose, use).rotate(entropy))

    def destroy(self, purpose: str, use: Use, number: int) -> Keyring:
        """A keyring without that key. Raises NotFound, and Conflict for the primary."""
        return self._changed(purpose, use, self._numbered(purpose, use).destroy(number))

    def to_bytes(self, passphrase: bytes | None, entropy: Entropy, *, cost: Argon2 | None = None) -> bytes:
        """The key file. None writes it plainly, for a trial; it then says so itself."""
        content: dict[str, Any] = {
            "compartment": self.compartment,
            "purposes": {
                purpose: {use: _numbered_to_json(numbered) for use, numbered in uses.items()}
                for purpose, uses in self._purposes.items()
            },
            "secrets": dict(self._secrets),
        }
        if self._ledger is not None:
            content["ledger"] = {"sign": self._ledger[0].hex(), "mac": self._ledger[1].hex()}
        return _write_file(content, passphrase, entropy, cost or Argon2())

    @classmethod
    def from_bytes(cls, data: bytes, passphrase: bytes | None) -> Keyring:
        """Read a key file.

        Raises Tampered for a file that is damaged or not ours, Unavailable where the passphrase is
        wrong, missing, or given for a file without one.
        """
        try:
            return _from_json(_read_file(data, passphrase))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise Tampered("not a key file of this version, or damaged", where=_WHERE, cure=_RESTORE) from None

    def _numbered(self, purpose: str, use: Use) -> _Numbered:
        if purpose not in self._purposes:
            raise NotFound("no key for that purpose", where=f"keyring of {self.compartment}")
        return self._purposes[purpose][use]

    def _changed(self, purpose: str, use: Use, numbered: _Numbered) -> Keyring:
        uses = {**self._purposes[purpose], use: numbered}
        return Keyring(self.compartment, {**self._purposes, purpose: uses}, self._ledger, self._secrets)


def new_keyring(
    compartment: str,
    purposes: Sequence[str],
    entropy: Entropy,
    *,
    secrets: Mapping[str, str] = MappingProxyType({}),
) -> Keyring:
    """A keyring with a first key of each use for each purpose; `ledger` gets the appender's keys."""
    none = _Numbered(0, {})
    made: _Purposes = {p: {"seal": none.rotate(entropy), "token": none.rotate(entropy)} for p in purposes}
    ledger = (entropy(KEY_BYTES), entropy(KEY_BYTES)) if compartment == "ledger" else None
    return Keyring(compartment, made, ledger, secrets)


def _numbered_to_json(numbered: _Numbered) -> dict[str, Any]:
    return {"last": numbered.last, "keys": {str(n): key.hex() for n, key in numbered.keys.items()}}


def _numbered_from_json(content: Any) -> _Numbered:
    keys = {int(number): _key(text) for number, text in content["keys"].items()}
    if type(content["last"]) is not int or max(keys) != content["last"]:
        raise ValueError
    return _Numbered(content["last"], keys)


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError
    return key


def _from_json(content: Any) -> Keyring:
    purposes: _Purposes = {
        purpose: {"seal": _numbered_from_json(uses["seal"]), "token": _numbered_from_json(uses["token"])}
        for purpose, uses in content["purposes"].items()
    }
    ledger = (_key(content["ledger"]["sign"]), _key(content["ledger"]["mac"])) if "ledger" in content else None
    if not all(isinstance(text, str) for text in (content["compartment"], *content["secrets"].values())):
        raise TypeError
    return Keyring(content["compartment"], purposes, ledger, content["secrets"])


def _write_file(content: dict[str, Any], passphrase: bytes | None, entropy: Entropy, cost: Argon2) -> bytes:
    head: dict[str, Any] = {"format": _FORMAT, "version": _VERSION, "wrap": "none"}
    if passphrase is None:
        return _with_sum({**head, "content": content})
    salt, nonce = entropy(SALT_BYTES), entropy(NONCE_BYTES)
    head |= {"wrap": "argon2id", "salt": salt.hex(), "nonce": nonce.hex()}
    head |= {"iterations": cost.iterations, "lanes": cost.lanes, "memory-kib": cost.memory_kib}
    aead = AESGCMSIV(cost.key(passphrase, salt))
    box = aead.encrypt(nonce, rfc8785.dumps(content), rfc8785.dumps(head))
    return _with_sum({**head, "box": box.hex()})


def _with_sum(file: dict[str, Any]) -> bytes:
    """Add a plain checksum, so that damage is told apart from a wrong passphrase."""
    return rfc8785.dumps({**file, "sha256": hashlib.sha256(rfc8785.dumps(file)).hexdigest()}) + b"\n"


def _read_file(data: bytes, passphrase: bytes | None) -> Any:
    file = json.loads(data)
    if (file["format"], file["version"]) != (_FORMAT, _VERSION):
        raise ValueError
    if _with_sum({field: value for field, value in file.items() if field != "sha256"}) != data:
        raise ValueError
    if (file["wrap"] == "none") != (passphrase is None):
        what = "it needs a passphrase" if passphrase is None else "it is not wrapped, but a passphrase was given"
        raise Unavailable(what, where=_WHERE, cure="check which key file and which passphrase are meant")
    return file["content"] if passphrase is None else _unwrap(file, passphrase)


def _unwrap(file: dict[str, Any], passphrase: bytes) -> Any:
    head = {field: value for field, value in file.items() if field not in {"sha256", "box"}}
    cost = Argon2(file["iterations"], file["lanes"], file["memory-kib"])
    if cost.iterations > _MOST.iterations or cost.lanes > _MOST.lanes or cost.memory_kib > _MOST.memory_kib:
        raise ValueError
    aead = AESGCMSIV(cost.key(passphrase, bytes.fromhex(file["salt"])))
    try:
        return json.loads(aead.decrypt(bytes.fromhex(file["nonce"]), bytes.fromhex(file["box"]), rfc8785.dumps(head)))
    except InvalidTag:
        raise Unavailable("the passphrase is wrong", where=_WHERE, cure="give the one it was wrapped with") from None
