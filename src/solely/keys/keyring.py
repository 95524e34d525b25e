"""Keyrings: all keys and secrets of one compartment, as its key file has them.

- Each purpose has two independent lists of numbered 32-byte keys, `seal` and `token`. The primary is the
  highest number; a number is never given twice, so a destroyed key can't come back under its name.
- The peppers of passwords are numbered keys too, of none of the purposes: they are the secrets `pepper-NUMBER`.
- Each purpose has one key more, by which givings get their ids. It is never rotated: a giving read again years
  later must have the id it had.
- `sealer`, `tokeniser`, `identifier`, `mac` and `ledger` give out capabilities (capabilities.py); none holds a way
  back to the keyring.
- Keyrings are values: `rotate` and `destroy` return another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, final

from solely.errors import Conflict, NotFound, Tampered
from solely.keys.capabilities import KEY_BYTES, BoxKey, Entropy, LedgerKeys, MacKey, SealKeys, TokenKeys, Unseen
from solely.keys.file import RESTORE, read_file, read_head, write_file
from solely.keys.wrap import WHERE, Wrap

__all__ = ["PASSWORDS", "USES", "Keyring", "Use", "new_keyring"]

Use = Literal["seal", "token", "pepper"]
USES: tuple[Use, ...] = ("seal", "token")  # that each purpose has keys for
PASSWORDS = "passwords"  # what stands in the place of a purpose for a pepper
_PEPPER = re.compile("pepper-([1-9][0-9]*)")  # a secret
_HEX_KEY = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Numbered:
    """The keys of one use. `last` is the highest number ever given, the primary's."""

    last: int
    keys: Mapping[int, bytes]

    def rotate(self, entropy: Entropy) -> _Numbered:
        return _Numbered(self.last + 1, {**self.keys, self.last + 1: entropy(KEY_BYTES)})

    def destroy(self, number: int) -> _Numbered:
        if number not in self.keys:
            raise NotFound(f"no key {number}", where=WHERE)
        if number == self.last:
            raise Conflict(f"key {number} is the primary", where=WHERE, cure="rotate first, then destroy it")
        return _Numbered(self.last, {n: key for n, key in self.keys.items() if n != number})


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Purpose:
    """The keys of one purpose."""

    uses: Mapping[Use, _Numbered]
    id: bytes


_Purposes = Mapping[str, _Purpose]


@final
class Keyring(Unseen):
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

    def identifier(self, purpose: str) -> MacKey:
        """The capability to give givings of one purpose their ids. Raises NotFound for one of another compartment."""
        return MacKey(self._purpose(purpose).id)

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
        return MacKey(self._secret_key(name))

    def box(self, name: str) -> BoxKey:
        """The capability to box and open with such a secret. Raises NotFound, Tampered."""
        return BoxKey(self._secret_key(name))

    def _secret_key(self, name: str) -> bytes:
        text = self.secret(name)
        if not _HEX_KEY.fullmatch(text):
            raise Tampered(f"the secret {name} is no key", where=f"keyring of {self.compartment}", cure=RESTORE)
        return _key(text)

    def peppers(self) -> dict[int, MacKey]:
        """The capabilities of the peppers held, by number. Raises NotFound in every compartment but `security`."""
        return {number: MacKey(key) for number, key in self._numbered(PASSWORDS, "pepper").keys.items()}

    def with_secret(self, name: str, value: str) -> Keyring:
        """A keyring that holds that secret too."""
        return Keyring(self.compartment, self._purposes, self._ledger, {**self._secrets, name: value})

    def numbers(self, purpose: str, use: Use) -> tuple[int, ...]:
        """The numbers of the keys held, ascending; the last is the primary. Raises NotFound."""
        return tuple(sorted(self._numbered(purpose, use).keys))

    def rotate(self, purpose: str, use: Use, entropy: Entropy) -> Keyring:
        """A keyring with a new primary; the old keys still open and tokenise."""
        return self._changed(purpose, use, self._numbered(purpose, use).rotate(entropy))

    def destroy(self, purpose: str, use: Use, number: int) -> Keyring:
        """A keyring without that key. Raises NotFound, and Conflict for the primary."""
        return self._changed(purpose, use, self._numbered(purpose, use).destroy(number))

    def to_bytes(self, wrap: Wrap | None, entropy: Entropy) -> bytes:
        """The key file. None writes it plainly, for a trial; it then says so itself. Raises what the wrap raises."""
        content: dict[str, Any] = {
            "compartment": self.compartment,
            "purposes": {name: _purpose_to_json(purpose) for name, purpose in self._purposes.items()},
            "secrets": dict(self._secrets),
        }
        if self._ledger is not None:
            content["ledger"] = {"sign": self._ledger[0].hex(), "mac": self._ledger[1].hex()}
        return write_file(self.compartment, content, wrap, entropy)

    @classmethod
    def from_bytes(cls, data: bytes, wrap: Wrap | None) -> Keyring:
        """Read a key file.

        Raises Tampered for a file that is damaged or not ours, Unavailable where the wrap is another one than
        the file's, and what the wrap raises.
        """
        content = read_file(data, wrap)
        try:
            keyring = _from_json(content)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            keyring = None
        if keyring is None or keyring.compartment != read_head(data).compartment:
            raise Tampered("not a key file of this version, or damaged", where=WHERE, cure=RESTORE)
        return keyring

    def _purpose(self, purpose: str) -> _Purpose:
        if purpose not in self._purposes:
            raise NotFound("no key for that purpose", where=f"keyring of {self.compartment}")
        return self._purposes[purpose]

    def _numbered(self, purpose: str, use: Use) -> _Numbered:
        if use != "pepper":
            return self._purpose(purpose).uses[use]
        keys = {int(found[1]): self._secret_key(found[0]) for found in map(_PEPPER.fullmatch, self._secrets) if found}
        if purpose != PASSWORDS or not keys:
            raise NotFound("no pepper for that", where=f"keyring of {self.compartment}")
        return _Numbered(max(keys), keys)

    def _changed(self, purpose: str, use: Use, numbered: _Numbered) -> Keyring:
        if use == "pepper":
            others = {name: text for name, text in self._secrets.items() if not _PEPPER.fullmatch(name)}
            peppers = {f"pepper-{number}": key.hex() for number, key in numbered.keys.items()}
            return Keyring(self.compartment, self._purposes, self._ledger, {**others, **peppers})
        old = self._purposes[purpose]
        changed = _Purpose({**old.uses, use: numbered}, old.id)
        return Keyring(self.compartment, {**self._purposes, purpose: changed}, self._ledger, self._secrets)


def new_keyring(
    compartment: str,
    purposes: Sequence[str],
    entropy: Entropy,
    *,
    secrets: Mapping[str, str] = MappingProxyType({}),
) -> Keyring:
    """A keyring with a first key of each use for each purpose; `ledger` gets the appender's keys."""
    none = _Numbered(0, {})
    made = {p: _Purpose({use: none.rotate(entropy) for use in USES}, entropy(KEY_BYTES)) for p in purposes}
    ledger = (entropy(KEY_BYTES), entropy(KEY_BYTES)) if compartment == "ledger" else None
    return Keyring(compartment, made, ledger, secrets)


def _purpose_to_json(purpose: _Purpose) -> dict[str, Any]:
    return {**{use: _numbered_to_json(numbered) for use, numbered in purpose.uses.items()}, "id": purpose.id.hex()}


def _purpose_from_json(content: Any) -> _Purpose:
    return _Purpose({use: _numbered_from_json(content[use]) for use in USES}, _key(content["id"]))


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
    purposes = {purpose: _purpose_from_json(keys) for purpose, keys in content["purposes"].items()}
    ledger = (_key(content["ledger"]["sign"]), _key(content["ledger"]["mac"])) if "ledger" in content else None
    if not all(isinstance(text, str) for text in (content["compartment"], *content["secrets"].values())):
        raise TypeError
    return Keyring(content["compartment"], purposes, ledger, content["secrets"])
