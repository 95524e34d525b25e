"""Seal and open a contact point, bound to its purpose, person, giving and kind.

- Each giving's contact is sealed under a fresh key of its own (AES-256-GCM-SIV, RFC 8452), and that key is
  wrapped under the purpose's sealing key. The two are kept apart: destroying the wrapped key erases the contact
  in every copy and backup of the box.
- What is bound is associated data of both, so a box or a wrapped key moved to another row, person, kind or
  purpose does not open. The wrapped key also binds the number of the key it is wrapped under; the box does not,
  so that a rotation rewraps keys without opening a contact.
- Opening needs a permit for that purpose and that very giving.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from solely.consent import Permit
from solely.contact import Contact
from solely.errors import Refused, Tampered
from solely.keys import KEY_BYTES, NONCE_BYTES, Entropy, SealKeys
from solely.purpose import Kind

__all__ = ["Sealed", "open_sealed", "open_secret", "rewrap", "seal", "seal_secret"]

_PAD = 32  # the box shows the length of a contact in steps of 32 bytes
_ONCE = bytes(NONCE_BYTES)  # a giving's key encrypts one message ever, so its nonce need not vary


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed contact in its two parts, to be stored apart.

    `wrapped_key`: nonce (12 bytes), wrapped key (32), tag (16). `box`: padded contact, tag (16).
    `key_number`: the purpose's sealing key that wraps.
    """

    wrapped_key: bytes = field(repr=False)
    box: bytes = field(repr=False)
    key_number: int


def seal(keys: SealKeys, contact: Contact, *, pseudonym: UUID, giving: UUID, entropy: Entropy) -> Sealed:
    """Seal a contact for the purpose of `keys`, for the person known there by `pseudonym`."""
    fresh = entropy(KEY_BYTES + NONCE_BYTES)
    key, nonce = fresh[:KEY_BYTES], fresh[KEY_BYTES:]
    bound = _bound(keys.purpose, pseudonym, giving, contact.kind)
    value = contact.expose().encode()
    padded = value.ljust(-(-len(value) // _PAD) * _PAD, b"\0")
    box = AESGCMSIV(key).encrypt(_ONCE, padded, b"box" + bound)
    return Sealed(_wrap(keys, key, nonce, bound), box, keys.primary)


def open_sealed(keys: SealKeys, sealed: Sealed, permit: Permit, *, pseudonym: UUID, kind: Kind) -> Contact:
    """Open a contact under a permit for its purpose and giving.

    Raises Refused where the permit is for another purpose, Tampered where anything that was bound
    differs (the permit's giving too), Unavailable where the sealing key has been destroyed.
    """
    if permit.purpose != keys.purpose:
        raise Refused("the permit is for another purpose", where=keys.purpose)
    bound = _bound(keys.purpose, pseudonym, permit.giving, kind)
    key = _unwrap(keys, sealed, bound)
    try:
        padded = AESGCMSIV(key).decrypt(_ONCE, sealed.box, b"box" + bound)
    except (InvalidTag, ValueError):
        raise Tampered("a sealed contact does not open here", where=keys.purpose) from None
    return Contact(kind, padded.rstrip(b"\0").decode())


def rewrap(
    keys: SealKeys,
    sealed: Sealed,
    *,
    pseudonym: UUID,
    giving: UUID,
    kind: Kind,
    entropy: Entropy,
) -> Sealed:
    """The same box with its key wrapped under the primary: rotation opens no contact, so it needs no permit."""
    bound = _bound(keys.purpose, pseudonym, giving, kind)
    key = _unwrap(keys, sealed, bound)
    return Sealed(_wrap(keys, key, entropy(NONCE_BYTES), bound), sealed.box, keys.primary)


def seal_secret(keys: SealKeys, secret: bytes, *, pseudonym: UUID, factor: UUID, entropy: Entropy) -> bytes:
    """The secret of a factor under the primary, bound to its person and factor. It is nobody's contact."""
    nonce = entropy(NONCE_BYTES)
    return nonce + keys.encrypt(keys.primary, nonce, secret, _secret_bound(pseudonym, factor))


def open_secret(keys: SealKeys, box: bytes, number: int, *, pseudonym: UUID, factor: UUID) -> bytes:
    """The secret again. Raises Tampered where it is another person's or factor's."""
    return keys.decrypt(number, box[:NONCE_BYTES], box[NONCE_BYTES:], _secret_bound(pseudonym, factor))


def _secret_bound(pseudonym: UUID, factor: UUID) -> bytes:
    return b"totp" + pseudonym.bytes + factor.bytes


def _bound(purpose: str, pseudonym: UUID, giving: UUID, kind: Kind) -> bytes:
    """What is bound: parts of fixed length, then the others with their length before them."""
    names = b"".join(bytes((len(name),)) + name.encode() for name in (purpose, kind))
    return pseudonym.bytes + giving.bytes + names


def _key_bound(number: int, bound: bytes) -> bytes:
    return b"key" + number.to_bytes(4, "big") + bound


def _wrap(keys: SealKeys, key: bytes, nonce: bytes, bound: bytes) -> bytes:
    return nonce + keys.encrypt(keys.primary, nonce, key, _key_bound(keys.primary, bound))


def _unwrap(keys: SealKeys, sealed: Sealed, bound: bytes) -> bytes:
    nonce, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
    return keys.decrypt(sealed.key_number, nonce, wrapped, _key_bound(sealed.key_number, bound))
