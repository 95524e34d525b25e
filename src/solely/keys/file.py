"""The bytes of a key file: JSON, its content plain (for a trial) or sealed under a key that a wrap gives.

- Sealed is AES-256-GCM-SIV (RFC 8452); all that stands in the file's head is bound, so it does not open if changed.
- Each writing is a file with an id and a key of its own: what one was wrapped with opens no other.
- A plain checksum tells damage apart from a wrong key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from solely.errors import Tampered, Unavailable
from solely.keys.capabilities import NONCE_BYTES, Entropy
from solely.keys.wrap import WHERE, Wrap

__all__ = ["RESTORE", "Head", "read_file", "read_head", "write_file"]

RESTORE = "restore the file from its backup"
_FORMAT, _VERSION = "solely-keyring", 2
_ID_BYTES = 16
_KNOWN = {"argon2id": "a passphrase", "aws-kms": "AWS KMS", "vault": "Vault"}
_FAULTS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself, before anything is opened."""

    compartment: str
    wrap: str  # `none` where it is plain
    id: str


def write_file(compartment: str, content: Mapping[str, Any], wrap: Wrap | None, entropy: Entropy) -> bytes:
    """The bytes of a key file. Raises what the wrap raises."""
    id_ = entropy(_ID_BYTES).hex()
    head: dict[str, Any] = {"format": _FORMAT, "version": _VERSION, "compartment": compartment, "id": id_}
    if wrap is None:
        return _with_sum({**head, "wrap": "none", "content": content})
    key, fields = wrap.new_key({"compartment": compartment, "file": id_}, entropy)
    nonce = entropy(NONCE_BYTES)
    head |= {**fields, "wrap": wrap.kind, "nonce": nonce.hex()}
    box = AESGCMSIV(key).encrypt(nonce, rfc8785.dumps(dict(content)), rfc8785.dumps(head))
    return _with_sum({**head, "box": box.hex()})


def read_head(data: bytes) -> Head:
    """What a key file says of itself. Raises Tampered for a file that is damaged or not ours."""
    try:
        file = _checked(data)
        return Head(str(file["compartment"]), str(file["wrap"]), str(file["id"]))
    except _FAULTS:
        raise _damaged() from None


def read_file(data: bytes, wrap: Wrap | None) -> Any:
    """The content.

    Raises Tampered for a file that is damaged or not ours, Unavailable where it is not wrapped so, and what the
    wrap raises.
    """
    try:
        file = _checked(data)
        if file["wrap"] != (wrap.kind if wrap else "none"):
            raise Unavailable(_other_wrap(file["wrap"]), where=WHERE, cure="check which key file is meant, and how")
        return file["content"] if wrap is None else _opened(file, wrap)
    except _FAULTS:
        raise _damaged() from None


def _other_wrap(said: str) -> str:
    if said == "none":
        return "it is not wrapped, but a passphrase or another wrap was given"
    return f"it is wrapped by {_KNOWN.get(said, 'what is not known here')}"


def _opened(file: dict[str, Any], wrap: Wrap) -> Any:
    head = {field: value for field, value in file.items() if field not in {"sha256", "box"}}
    key = wrap.open_key(head, {"compartment": head["compartment"], "file": head["id"]})
    try:
        return json.loads(
            AESGCMSIV(key).decrypt(bytes.fromhex(file["nonce"]), bytes.fromhex(file["box"]), rfc8785.dumps(head))
        )
    except InvalidTag:
        raise wrap.does_not_fit() from None


def _checked(data: bytes) -> dict[str, Any]:
    file = json.loads(data)
    if (file["format"], file["version"]) != (_FORMAT, _VERSION):
        raise ValueError
    if _with_sum({field: value for field, value in file.items() if field != "sha256"}) != data:
        raise ValueError
    if not all(isinstance(file[name], str) for name in ("compartment", "wrap", "id")):
        raise TypeError
    return dict(file)


def _with_sum(file: dict[str, Any]) -> bytes:
    return rfc8785.dumps({**file, "sha256": hashlib.sha256(rfc8785.dumps(file)).hexdigest()}) + b"\n"


def _damaged() -> Tampered:
    return Tampered("not a key file of this version, or damaged", where=WHERE, cure=RESTORE)
