"""The Merkle tree of RFC 9162 §2.1: its hashes, its root, and proofs of inclusion and consistency.

- Leaves are hashes: 32 bytes, `leaf_hash` of the data. A leaf and a node never hash alike (0x00, 0x01 in front).
- Verifying returns the root it proves, or raises Tampered.
- Section numbers are those of RFC 9162.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from solely.errors import NotFound, Tampered

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "consistency_path",
    "growth_path",
    "inclusion_path",
    "leaf_hash",
    "node_hash",
    "root_of",
    "root_of_inclusion",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """§2.1.1: the hash of a leaf's data."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """§2.1.1: the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """The level above: pairs are hashed, an odd last one goes up as it is, which is §2.1.1's split."""
    # node_hash, written out: a call less for each of a million pairs
    above = [sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in their order."""
    if not leaves:
        return EMPTY_ROOT
    while len(leaves) > 1:
        leaves = _parents(leaves)
    return leaves[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """All a tree needs to grow: its size and the roots of its full subtrees, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier with more leaf hashes, in their order."""
        size, roots = self.size, list(self.roots)
        for leaf in leaves:
            size += 1
            roots.append(leaf)
            full = size
            while full % 2 == 0:  # as many subtrees become one as the size has zeros at its end
                right = roots.pop()
                roots[-1] = node_hash(roots[-1], right)
                full //= 2
        return Frontier(size, tuple(roots))

    def root(self) -> bytes:
        """The root of the tree at this size."""
        if not self.roots:
            return EMPTY_ROOT
        *larger, root = self.roots
        for left in reversed(larger):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """Size (8 bytes, big-endian), then the subtree roots."""
        return self.size.to_bytes(8, "big") + b"".join(self.roots)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Read `to_bytes`. Raises Tampered where the length does not fit the size."""
        size, rest = int.from_bytes(data[:8], "big"), data[8:]
        if len(data) < 8 or len(rest) != size.bit_count() * HASH_BYTES:  # noqa: PLR2004 - as `to_bytes` wrote it
            raise Tampered("not a frontier", where="ledger")
        return cls(size, tuple(rest[at : at + HASH_BYTES] for at in range(0, len(rest), HASH_BYTES)))


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """§2.1.3.1: what leads from one leaf to the root. Raises NotFound for an index outside."""
    if not 0 <= index < len(leaves):
        raise NotFound(f"no leaf {index} in a tree of {len(leaves)}", where="ledger")
    path = []
    while len(leaves) > 1:
        if index ^ 1 < len(leaves):
            path.append(leaves[index ^ 1])
        leaves, index = _parents(leaves), index // 2
    return tuple(path)


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """§2.1.3.2: the root of a tree of `size` that has this leaf there. Raises Tampered where the path can't fit."""
    if not 0 <= index < size:
        raise Tampered(f"no leaf {index} in a tree of {size}", where="inclusion proof")
    _check_hashes(leaf, *path)
    root, node, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise Tampered("too long", where="inclusion proof")
        if node % 2 or node == last:
            root = node_hash(sibling, root)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            root = node_hash(root, sibling)
        node, last = node // 2, last // 2
    if last:
        raise Tampered("too short", where="inclusion proof")
    return root


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bytes:
    """Return the root once the leaf is shown to be at `index` under it; raise Tampered else."""
    return _same(root_of_inclusion(leaf, index, size, path), root, "inclusion proof")


def consistency_path(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """§2.1.4.1: what shows that the tree of the first `old` leaves is a beginning of this one.

    Raises NotFound for a size outside; the path is empty for 0 and for the whole.
    """
    if not 0 <= old <= len(leaves):
        raise NotFound(f"no size {old} of a tree of {len(leaves)}", where="ledger")
    if old in {0, len(leaves)}:
        return ()
    path, known = [], True  # known: the verifier has the old root of the part at hand
    low, high = 0, len(leaves)
    while old != high:
        split = low + (1 << (high - low - 1).bit_length() - 1)
        if old <= split:
            path.append(root_of(leaves[split:high]))
            high = split
        else:
            path.append(root_of(leaves[low:split]))
            low, known = split, False
    if not known:
        path.append(root_of(leaves[low:high]))
    return tuple(reversed(path))


def growth_path(old: Frontier, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """`consistency_path` of the tree that `old` and more leaf hashes make, without the leaves before them.

    What it needs of the old tree is its full subtrees, and those the frontier holds. Empty for an empty old tree.
    """
    if not old.size or not leaves:
        return ()
    path, known = [], True
    low, high, full = 0, old.size + len(leaves), list(old.roots)
    while old.size != high:
        split = low + (1 << (high - low - 1).bit_length() - 1)
        if old.size <= split:
            path.append(root_of(leaves[split - old.size : high - old.size]))
            high = split
        else:
            path.append(full.pop(0))
            low, known = split, False
    if not known:
        path.append(full.pop(0))
    return tuple(reversed(path))


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bytes:
    """§2.1.4.2: return the new root once the old tree is shown to be its beginning; raise Tampered else."""
    where = "consistency proof"
    _check_hashes(old_root, new_root, *path)
    if not 0 <= old <= new:
        raise Tampered(f"size {old} does not come before size {new}", where=where)
    if old in {0, new}:
        if path:
            raise Tampered("too long", where=where)
        _same(old_root, EMPTY_ROOT if old == 0 else new_root, where)
        return new_root if new else _same(new_root, EMPTY_ROOT, where)
    steps = (old_root, *path) if old.bit_count() == 1 else tuple(path)
    first, second = _both_roots(old - 1, new - 1, steps)
    _same(first, old_root, where)
    return _same(second, new_root, where)


def _both_roots(node: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    """§2.1.4.2, steps 3 to 6: the roots of the old and of the new tree that the steps lead to."""
    while node % 2:
        node, last = node // 2, last // 2
    if not steps:
        raise Tampered("too short", where="consistency proof")
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Tampered("too long", where="consistency proof")
        if node % 2 or node == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            second = node_hash(second, step)
        node, last = node // 2, last // 2
    if last:
        raise Tampered("too short", where="consistency proof")
    return first, second


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise Tampered("a hash is not 32 bytes", where="proof")


def _same(computed: bytes, stated: bytes, where: str) -> bytes:
    if computed != stated:
        raise Tampered("it leads to another root", where=where)
    return computed
