"""How a key file is wrapped: its content is sealed under a key of its own, and a wrap gives that key and gives it back.

- A wrap is asked with a context, the file's compartment and id; a key opens under the context it was made for.
- Nothing of a wrap is kept but what stands in the file. What a file says of its wrap is data, and may be anything.
- Here is the passphrase (Argon2id, RFC 9106). The wraps that ask a server are in `app/wraps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from solely.errors import SolelyError, Unavailable
from solely.keys.capabilities import KEY_BYTES, Entropy

__all__ = ["WHERE", "Argon2", "Context", "Fields", "Passphrase", "Wrap"]

WHERE = "key file"
_SALT_BYTES = 16

Context = Mapping[str, str]  # `compartment` and `file`
Fields = Mapping[str, str | int]


class Wrap(Protocol):
    """One way to wrap key files. Declared here, beside its one user; `tests/keys/test_wrap.py` says what must hold."""

    @property
    def kind(self) -> str:
        """What a file says it is wrapped by."""

    def new_key(self, context: Context, entropy: Entropy) -> tuple[bytes, Fields]:
        """A fresh key of 32 bytes, and what has to stand in the file to get it again. Raises Unavailable."""

    def open_key(self, fields: Mapping[str, Any], context: Context) -> bytes:
        """The key again.

        Raises Unavailable where the wrap does not answer or may not be used, Tampered where what stands in the file
        is not what it gave under this context; ValueError, KeyError and TypeError for what could never be.
        """

    def does_not_fit(self) -> SolelyError:
        """What to raise where the content does not open under the key that came back."""


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


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Wrapped by a passphrase: the key is derived from it and a fresh salt."""

    passphrase: bytes = field(repr=False)
    cost: Argon2 = field(default_factory=Argon2)

    @property
    def kind(self) -> str:
        return "argon2id"

    def new_key(self, context: Context, entropy: Entropy) -> tuple[bytes, Fields]:
        """A key from the passphrase and a fresh salt."""
        del context  # it is bound by the content alone: a passphrase is one for all contexts
        salt, cost = entropy(_SALT_BYTES), self.cost
        fields: Fields = {
            "salt": salt.hex(),
            "iterations": cost.iterations,
            "lanes": cost.lanes,
            "memory-kib": cost.memory_kib,
        }
        return cost.key(self.passphrase, salt), fields

    def open_key(self, fields: Mapping[str, Any], context: Context) -> bytes:
        """The key that the file's salt gives; a wrong passphrase gives another one."""
        del context
        cost = Argon2(fields["iterations"], fields["lanes"], fields["memory-kib"])
        if cost.iterations > _MOST.iterations or cost.lanes > _MOST.lanes or cost.memory_kib > _MOST.memory_kib:
            raise ValueError
        return cost.key(self.passphrase, bytes.fromhex(fields["salt"]))

    def does_not_fit(self) -> SolelyError:
        return Unavailable("the passphrase is wrong", where=WHERE, cure="give the one it was wrapped with")
