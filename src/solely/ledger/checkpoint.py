"""Signed heads of the ledger: C2SP tlog-checkpoint as a signed note (C2SP signed-note), Ed25519.

    origin LF size LF base64(root) LF LF "— " name " " base64(key id || signature) LF

- A checkpoint is signed only over entries that are durable, its root recomputed from what was stored; that is
  the caller's part.
- Signatures of keys we do not know are passed over, as the specification says: witnesses add theirs. One of ours
  that does not verify fails the note.
- Verifying returns what was signed, or raises Tampered. It takes a verifier key alone: no keyring.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typing_extensions import override

from solely.errors import BadInput, Tampered
from solely.ledger.tree import HASH_BYTES

__all__ = ["Checkpoint", "VerifierKey", "read_verifier_key", "sign_checkpoint", "verify_checkpoint", "verify_note"]

_ED25519 = b"\x01"  # the algorithm's number in signed-note
_PUBLIC_BYTES, _SIGNATURE_BYTES, _ID_BYTES = 32, 64, 4
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_WHERE = "checkpoint"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs: the log's name (its origin too) and its Ed25519 public key, 32 bytes."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public_key) != _PUBLIC_BYTES:
            raise BadInput("a verifier key is a name without spaces or +, and 32 bytes", where=_WHERE)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:_ID_BYTES]

    @override
    def __str__(self) -> str:
        """As signed-note writes it: name+hex(key id)+base64(algorithm || public key)."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public_key).decode()}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, its size and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def read_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key as `str` writes it. Raises BadInput, also where the key id is not the key's."""
    name, _, rest = text.partition("+")
    public = _base64(rest.partition("+")[2])
    if public is None or public[:1] != _ED25519:
        raise BadInput("not an Ed25519 verifier key", where=_WHERE, cure="name+keyid+key, as the log prints it")
    key = VerifierKey(name, public[1:])
    if str(key) != text:
        raise BadInput("the key id does not belong to the key", where=_WHERE, cure="copy the whole key again")
    return key


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Callable[[bytes], bytes]) -> str:
    """The signed note. `sign` makes Ed25519 signatures for `key`, whose name must be the origin."""
    if checkpoint.origin != key.name:
        raise BadInput("a log signs under its own name", where=_WHERE)
    text = checkpoint.text()
    signature = b64encode(key.key_id + sign(text.encode())).decode()
    return f"{text}\n— {key.name} {signature}\n"


def verify_note(note: str, key: VerifierKey) -> str:
    """The text of a signed note, once the signature of `key` under it is good. Raises Tampered."""
    text, blank, signatures = note.rpartition("\n\n")
    text += "\n"
    if not blank or not signatures.endswith("\n"):
        raise Tampered("not a signed note", where=_WHERE)
    ours = 0
    for line in signatures[:-1].split("\n"):
        read = _SIGNATURE.fullmatch(line)
        signature = _base64(read["signature"]) if read else None
        if read is None or signature is None:
            raise Tampered("not a signature line", where=_WHERE)
        if read["name"] == key.name and signature[:_ID_BYTES] == key.key_id:
            _verify(text, signature[_ID_BYTES:], key)
            ours += 1
    if ours != 1:
        raise Tampered(f"signed {ours} times by the log's key, not once", where=_WHERE)
    return text


def verify_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """What a checkpoint says, once it is signed by `key` for the log of that name. Raises Tampered."""
    lines = verify_note(note, key).split("\n")
    if len(lines) != 4 or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - origin, size, root, end
        raise Tampered("not origin, size and root", where=_WHERE)
    origin, size, root = lines[0], lines[1], _base64(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise Tampered("its root is not 32 bytes", where=_WHERE)
    if origin != key.name:
        raise Tampered("of another log", where=_WHERE)
    return Checkpoint(origin, int(size), root)


def _verify(text: str, signature: bytes, key: VerifierKey) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        raise Tampered("its signature is not good", where=_WHERE) from None


def _base64(text: str) -> bytes | None:
    """What stands in base64, if it is written in the one way there is (RFC 4648 §3.5)."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == text else None
