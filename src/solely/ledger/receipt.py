"""A receipt: one entry, shown to be in a signed log without asking it (C2SP tlog-proof, a `.tlog-proof` file).

    c2sp.org/tlog-proof@v1 LF
    "extra " base64(the entry's body) LF
    "index " sequence LF
    base64(hash) LF, each from the leaf's sibling up to the root's child
    LF
    checkpoint

- The extra line is left out where the body goes another way. Nothing in it is trusted: it is hashed, and the path
  leads from that hash.
- The checkpoint stands as it was signed, with the signatures of witnesses.
- Verifying takes the log's verifier key alone, from elsewhere than the receipt.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from solely.errors import Tampered
from solely.ledger.checkpoint import Checkpoint, VerifierKey, read_base64, verify_checkpoint
from solely.ledger.entry import Entry
from solely.ledger.placed import read_entry
from solely.ledger.published import read_head
from solely.ledger.tile_tree import TileTree
from solely.ledger.tiles import WIDTH, Fetch
from solely.ledger.tree import HASH_BYTES, leaf_hash, verify_inclusion

__all__ = [
    "Receipt",
    "Receipted",
    "read_hashes",
    "read_receipt",
    "receipt_from",
    "verify_receipt",
    "write_receipt",
]

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA, _INDEX = "extra ", "index "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_WHERE = "receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: the index, the path (32 bytes each), the signed note, and the body if it brings it."""

    index: int
    path: tuple[bytes, ...]
    note: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Receipted:
    """What was proven: that entry, with that body, is in the log under that head."""

    entry: Entry
    body: bytes
    head: Checkpoint


def write_receipt(index: int, path: Sequence[bytes], note: str, body: bytes | None = None) -> str:
    """The receipt of the entry at `index` under a signed note; with its body it stands alone."""
    lines = [_HEADER]
    if body is not None:
        lines.append(_EXTRA + b64encode(body).decode())
    lines += [f"{_INDEX}{index}", *(b64encode(one).decode() for one in path)]
    return "\n".join([*lines, "", note])


def read_receipt(text: str) -> Receipt:
    """Read a receipt; nothing is proven by that. Raises Tampered where it is none."""
    before, _, note = text.partition("\n\n")
    header, *lines = before.split("\n")
    if header != _HEADER:
        raise Tampered("not a receipt", where=_WHERE)
    body = None
    if lines and lines[0].startswith(_EXTRA):
        body = read_base64(lines.pop(0).removeprefix(_EXTRA))
        if body is None:
            raise Tampered("its extra line is not base64", where=_WHERE)
    index = lines.pop(0) if lines else ""
    if not index.startswith(_INDEX) or not _NUMBER.fullmatch(index.removeprefix(_INDEX)):
        raise Tampered("it has no index", where=_WHERE)
    return Receipt(int(index.removeprefix(_INDEX)), read_hashes(lines, _WHERE), note, body)


def read_hashes(lines: Sequence[str], where: str) -> tuple[bytes, ...]:
    """A hash from each line. Raises Tampered where one is not 32 bytes in base64."""
    hashes = []
    for line in lines:
        one = read_base64(line)
        if one is None or len(one) != HASH_BYTES:
            raise Tampered("not a hash", where=where)
        hashes.append(one)
    return tuple(hashes)


def verify_receipt(text: str, key: VerifierKey, body: bytes | None = None) -> Receipted:
    """The entry, once it is shown to be in the log that `key` signs. Raises Tampered.

    `body` where it came another way than in the receipt; where both are there they have to be the same.

    1. The checkpoint is signed by the log's key.
    2. The path leads from the body's hash, at that index, to the checkpoint's root.
    3. The body is an entry, canonical byte for byte, and has the index for its sequence.
    """
    receipt = read_receipt(text)
    head = verify_checkpoint(receipt.note, key)  # step 1
    data = receipt.body if body is None else body
    if data is None or receipt.body not in {None, data}:
        raise Tampered("it brings no entry" if data is None else "it is another entry's", where=_WHERE)
    verify_inclusion(leaf_hash(data), receipt.index, head.size, receipt.path, head.root)  # step 2
    return Receipted(read_entry(data, receipt.index), data, head)  # step 3


def receipt_from(fetch: Fetch, key: VerifierKey, index: int) -> str:
    """The receipt of an entry of a published log. Raises NotFound for one outside, Tampered as `verify_published`."""
    head, note = read_head(fetch, key)
    tree = TileTree(fetch, head)
    path = tree.inclusion(index)
    body = tree.bodies(index // WIDTH)[index % WIDTH]
    read_entry(body, index)
    return write_receipt(index, path, note, body)
