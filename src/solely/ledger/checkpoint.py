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
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typing_extensions import override

from solely.errors import BadInput, Tampered
from solely.ledger.tree import HASH_BYTES

__all__ = [
    "Checkpoint",
    "NoteKey",
    "Signature",
    "VerifierKey",
    "check_signature",
    "head_of",
    "read_base64",
    "read_note",
    "read_verifier_key",
    "sign_checkpoint",
    "verify_checkpoint",
    "verify_note",
]

_PUBLIC_BYTES, _ID_BYTES = 32, 4
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_UNFIT = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters; what is no UTF-8
_WHERE = "checkpoint"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """Who signs notes: a name and an Ed25519 public key, 32 bytes; `ALGORITHM` is what the key is for (signed-note)."""

    ALGORITHM: ClassVar[bytes]

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public_key) != _PUBLIC_BYTES:
            raise BadInput("a verifier key is a name without spaces or +, and 32 bytes", where=_WHERE)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + self.ALGORITHM + self.public_key).digest()[:_ID_BYTES]

    @override
    def __str__(self) -> str:
        """As signed-note writes it: name+hex(key id)+base64(algorithm || public key)."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.ALGORITHM + self.public_key).decode()}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a key as `str` writes it. Raises BadInput, also where the key id is not the key's."""
        name, _, rest = text.partition("+")
        public = read_base64(rest.partition("+")[2])
        if public is None or public[:1] != cls.ALGORITHM:
            raise BadInput("not an Ed25519 verifier key", where=_WHERE, cure="name+keyid+key, as its owner prints it")
        key = cls(name, public[1:])
        if str(key) != text:
            raise BadInput("the key id does not belong to the key", where=_WHERE, cure="copy the whole key again")
        return key


@dataclass(frozen=True, slots=True)
class VerifierKey(NoteKey):
    """Who signs a log's heads: the log's name (its origin too) and its public key."""

    ALGORITHM = b"\x01"


@dataclass(frozen=True, slots=True)
class Signature:
    """A line under a note, not yet verified: a name, and the bytes in base64 (a key id, then what that key made)."""

    name: str
    data: bytes

    def is_of(self, key: NoteKey) -> bool:
        """Whether the line says that it is by that key."""
        return (self.name, self.key_id) == (key.name, key.key_id)

    @property
    def key_id(self) -> bytes:
        """The first four bytes, which tell keys of one name apart."""
        return self.data[:_ID_BYTES]

    @property
    def content(self) -> bytes:
        """What the key made."""
        return self.data[_ID_BYTES:]

    @override
    def __str__(self) -> str:
        """The line, as it stands in a note, with its end."""
        return f"— {self.name} {b64encode(self.data).decode()}\n"


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
    """Read a log's key; see `NoteKey.read`."""
    return VerifierKey.read(text)


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Callable[[bytes], bytes]) -> str:
    """The signed note. `sign` makes Ed25519 signatures for `key`, whose name must be the origin."""
    if checkpoint.origin != key.name:
        raise BadInput("a log signs under its own name", where=_WHERE)
    text = checkpoint.text()
    return f"{text}\n{Signature(key.name, key.key_id + sign(text.encode()))}"


def read_note(note: str) -> tuple[str, tuple[Signature, ...]]:
    """A note's text and its signatures, which are not verified here. Raises Tampered where it is no signed note."""
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or _UNFIT.search(note):
        raise Tampered("not a signed note", where=_WHERE)
    return text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n"))


def verify_note(note: str, key: VerifierKey) -> str:
    """The text of a signed note, once the signature of `key` under it is good. Raises Tampered."""
    text, signatures = read_note(note)
    ours = [one for one in signatures if one.is_of(key)]
    for one in ours:
        check_signature(text.encode(), one.content, key)
    if len(ours) != 1:
        raise Tampered(f"signed {len(ours)} times by the log's key, not once", where=_WHERE)
    return text


def verify_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """What a checkpoint says, once it is signed by `key` for the log of that name. Raises Tampered."""
    text = verify_note(note, key)
    checkpoint = head_of(text)
    if checkpoint.text() != text:
        raise Tampered("not origin, size and root", where=_WHERE)
    if checkpoint.origin != key.name:
        raise Tampered("of another log", where=_WHERE)
    return checkpoint


def head_of(text: str) -> Checkpoint:
    """What the first three lines of a checkpoint's text say; other lines may follow them. Raises Tampered."""
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1] or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - 3, end
        raise Tampered("not origin, size and root", where=_WHERE)
    root = read_base64(lines[2])
    if root is None or len(root) != HASH_BYTES:
        raise Tampered("its root is not 32 bytes", where=_WHERE)
    return Checkpoint(lines[0], int(lines[1]), root)


def check_signature(message: bytes, signature: bytes, key: NoteKey) -> None:
    """Raise Tampered unless `key` signed this (Ed25519, RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Tampered("its signature is not good", where=_WHERE) from None


def _signature(line: str) -> Signature:
    read = _SIGNATURE.fullmatch(line)
    data = read_base64(read["signature"]) if read else None
    if read is None or data is None or len(data) <= _ID_BYTES:
        raise Tampered("not a signature line", where=_WHERE)
    return Signature(read["name"], data)


def read_base64(text: str) -> bytes | None:
    """What stands in base64, if it is written in the one way there is (RFC 4648 §3.5)."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == text else None
