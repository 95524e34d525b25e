"""Commitments to the members of one entry: one root stands for ten million uses, each provable alone.

- A member is a number (a uint64, as 8 bytes) or an id (16 bytes, as of a UUID).
- Leaf data is salt || member. The salt is AES-256 of the member as one 16-byte block (big-endian, zeros in
  front) under the entry's secret: a keyed permutation, so salts are unique and one salt tells nothing of another.
- The secret is fresh for each entry; destroying it leaves a root that says nothing more about anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from solely.errors import BadInput, NotFound, Tampered
from solely.ledger.tree import HASH_BYTES, inclusion_path, leaf_hash, root_of, verify_inclusion

__all__ = [
    "PART",
    "SECRET_BYTES",
    "Ids",
    "MemberProof",
    "Members",
    "member_nodes",
    "member_proof",
    "members_root",
    "verify_member",
]

SECRET_BYTES, SALT_BYTES, _NUMBER_BYTES = 32, 16, 8
PART = 1 << 12  # members under one of the nodes that are kept

Ids = npt.NDArray[Any]  # uint64 of shape (n,), or uint8 of shape (n, 16)


@dataclass(frozen=True, slots=True)
class Members:
    """How many members an entry speaks of, and the root (32 bytes) over their commitments."""

    count: int
    root: bytes

    def __post_init__(self) -> None:
        if type(self.count) is not int or self.count < 0 or len(self.root) != HASH_BYTES:
            raise BadInput("members are a count and a root of 32 bytes")


@dataclass(frozen=True, slots=True)
class MemberProof:
    """Shows one member under a root: its salt (16 bytes), its index, the path (32 bytes each)."""

    salt: bytes
    index: int
    path: tuple[bytes, ...]


def member_nodes(secret: bytes, ids: Ids) -> list[bytes]:
    """The roots of the subtrees of PART members each; `ids`: uint64 of shape (n,), or uint8 of shape (n, 16).

    The root over them is `members_root`. Who keeps them can prove one member without hashing the others.
    """
    _columns(ids)
    return [root_of(_leaves(secret, ids[at : at + PART])) for at in range(0, len(ids), PART)]


def members_root(secret: bytes, ids: Ids) -> Members:
    """Commit to members in their order."""
    return Members(len(ids), root_of(member_nodes(secret, ids)))


def member_proof(secret: bytes, ids: Ids, index: int, nodes: Sequence[bytes] | None = None) -> MemberProof:
    """The proof for the member at `index` of what was committed to. Raises NotFound for an index outside.

    `nodes` where they were kept; they are believed, and a proof made from wrong ones does not verify.
    """
    if not 0 <= index < len(ids):
        raise NotFound(f"no member {index} among {len(ids)}", where="ledger entry")
    salt = _salts(secret, ids[index : index + 1]).tobytes()
    part, place = divmod(index, PART)
    inside = inclusion_path(_leaves(secret, ids[part * PART : (part + 1) * PART]), place)
    above = inclusion_path(member_nodes(secret, ids) if nodes is None else nodes, part)
    return MemberProof(salt, index, inside + above)


def verify_member(members: Members, member: int | bytes, proof: MemberProof) -> bytes:
    """Return the root once the member (a number, or 16 bytes) is shown to be under it; raise Tampered else."""
    try:
        data = proof.salt + (member if isinstance(member, bytes) else member.to_bytes(_NUMBER_BYTES, "big"))
    except OverflowError:
        raise Tampered("not a member's number", where="member proof") from None
    if len(proof.salt) != SALT_BYTES:
        raise Tampered("a salt is not 16 bytes", where="member proof")
    return verify_inclusion(leaf_hash(data), proof.index, members.count, proof.path, members.root)


def _columns(ids: Ids) -> npt.NDArray[np.uint8]:
    """The members' bytes, a row each: (n, 8) or (n, 16)."""
    if ids.dtype == np.uint64 and ids.ndim == 1:
        return ids.astype(">u8").view(np.uint8).reshape(len(ids), _NUMBER_BYTES)
    if ids.dtype == np.uint8 and ids.shape[1:] == (SALT_BYTES,):
        return ids
    raise BadInput("members are uint64 of shape (n,) or uint8 of shape (n, 16)")


def _salts(secret: bytes, ids: Ids) -> npt.NDArray[np.uint8]:
    """A salt for each member, shape (n, 16), by one call."""
    rows = _columns(ids)
    blocks = np.zeros((len(rows), SALT_BYTES), np.uint8)
    blocks[:, SALT_BYTES - rows.shape[1] :] = rows
    cipher = Cipher(AES256(secret), ECB())  # noqa: S305 - single blocks, each a value of its own
    return np.frombuffer(cipher.encryptor().update(blocks.data), np.uint8).reshape(blocks.shape)


def _leaves(secret: bytes, ids: Ids) -> list[bytes]:
    """The leaf hashes: rows of 0x00 || salt || member, cut and hashed without a call of ours for each."""
    rows = _columns(ids)
    zero = np.zeros((len(rows), 1), np.uint8)
    data = np.concatenate((zero, _salts(secret, ids), rows), axis=1)
    cells: list[bytes] = data.view(f"V{data.shape[1]}").ravel().tolist()
    return [one.digest() for one in map(sha256, cells)]
