"""One cell of a foreign table: a plain contact point or its SHA-256, as the digests it can be met by."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from solely.contact import Contact
from solely.errors import ContactError
from solely.purpose import KINDS, Kind

__all__ = ["Cell", "read_cell"]

_KINDS: Mapping[str, Kind] = MappingProxyType({kind: kind for kind in KINDS})
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_OTHER_HASH = re.compile(r"(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_NOTHING = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell stands for: `point`, the one digest of its contact point, and `digests`, all it can be met by.

    32 bytes each; `point` is among `digests`. Two spellings of one mailbox have one point.
    """

    point: bytes
    digests: tuple[bytes, ...]


def read_cell(who: str, kind: str, cell: str) -> Cell:
    """Read a cell beside the subject or advertiser it belongs to.

    `kind` is `email`, `phone`, or empty where the cell itself tells. Raises ContactError with a reason.
    """
    if not who:
        raise ContactError("nobody-named", "fill in the subject or advertiser")
    if digest := _hashed(cell):
        if digest == _NOTHING:
            raise ContactError("hash-of-nothing", "hash filled cells only")
        return Cell(digest, (digest,))
    if _OTHER_HASH.fullmatch(cell):
        raise ContactError("not-sha256", "hash with SHA-256")
    known = _KINDS.get(kind or ("email" if "@" in cell else "phone"))
    if known is None:
        raise ContactError("unknown-kind", "kind is email or phone")
    contact = Contact.read(known, cell)
    return Cell(contact.key_digest(), contact.digests())


def _hashed(cell: str) -> bytes | None:
    """The 32 bytes of a SHA-256 in hex or Base64 (RFC 4648 §4 or §5, padded or not), else None."""
    if _HEX.fullmatch(cell):
        return bytes.fromhex(cell)
    if not _BASE64.fullmatch(cell):
        return None
    try:
        return base64.b64decode(
            cell.rstrip("=") + "=", altchars=b"-_" if set(cell) & set("-_") else None, validate=True
        )
    except binascii.Error:
        return None
