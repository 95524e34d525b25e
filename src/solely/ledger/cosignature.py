"""Cosignatures of witnesses under a checkpoint: C2SP tlog-cosignature v1, Ed25519 with a time.

    "— " name " " base64(key id || time, 8 bytes, big-endian || signature) LF
    signed: "cosignature/v1" LF "time " time LF, then the note's text

- A cosignature says: at that time this was the largest head of this log that the witness had seen, and each
  head it signed before is a beginning of it.
- What is signed does not name the witness, so no two witnesses may have one public key.
- Signatures of keys we do not know are passed over; one of a key we know that does not verify fails the note.
- Times are whole seconds since 1970 (POSIX), above 0 and below 2**63.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from solely.errors import BadInput, Tampered, Unavailable
from solely.ledger.checkpoint import NoteKey, Signature, check_signature, read_note

__all__ = ["Cosigned", "WitnessKey", "add_cosignatures", "cosign", "cosignatures", "cosigned", "read_cosignatures"]

_TIME_BYTES, _SIGNATURE_BYTES = 8, 64
_WHERE = "cosignature"


@dataclass(frozen=True, slots=True)
class WitnessKey(NoteKey):
    """Who cosigns: the witness's name and its public key, 32 bytes."""

    ALGORITHM = b"\x04"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Who cosigned a checkpoint: names, sorted, and beside them the times of their newest cosignatures (seconds)."""

    names: tuple[str, ...]
    times: tuple[int, ...]


def cosign(text: str, time: int, key: WitnessKey, sign: Callable[[bytes], bytes]) -> Signature:
    """A witness's cosignature of a note's text. `sign` makes Ed25519 signatures for `key`."""
    if not 0 < time < 1 << 63:
        raise BadInput("a time is whole seconds since 1970", where=_WHERE)
    return Signature(key.name, key.key_id + time.to_bytes(_TIME_BYTES, "big") + sign(_message(text, time)))


def cosignatures(note: str, keys: Collection[WitnessKey]) -> dict[WitnessKey, int]:
    """Which of these witnesses cosigned, with the times of their newest cosignatures. Raises Tampered, BadInput.

    Cosignatures alone are looked at: that the log itself signed is for `verify_checkpoint`.
    """
    _check_keys(keys)
    text, signatures = read_note(note)
    found: dict[WitnessKey, int] = {}
    for signature, key in ((one, key) for one in signatures for key in keys if one.is_of(key)):
        found[key] = max(found.get(key, 0), _verify(text, signature, key))
    return found


def cosigned(note: str, keys: Collection[WitnessKey], quorum: int) -> Cosigned:
    """The witnesses of a checkpoint, once there are `quorum` of them among `keys`.

    Raises Tampered where a cosignature is not good, Unavailable where there are too few, BadInput for a quorum that
    no one or not everyone could meet. The caller still owes `verify_checkpoint`.
    """
    if not 0 < quorum <= len(keys):
        raise BadInput("a quorum is at least one witness, and no more than there are", where=_WHERE)
    found = cosignatures(note, keys)
    if len(found) < quorum:
        raise Unavailable(f"{len(found)} of {quorum} witnesses cosigned", where="checkpoint")
    names = sorted(found, key=lambda key: key.name)
    return Cosigned(tuple(key.name for key in names), tuple(found[key] for key in names))


def read_cosignatures(lines: str, text: str, key: WitnessKey) -> tuple[Signature, ...]:
    """The good cosignatures of one witness among signature lines, for the note with that text; raises Tampered."""
    _, signatures = read_note(f"{text}\n{lines}")
    ours = tuple(one for one in signatures if one.is_of(key))
    for one in ours:
        _verify(text, one, key)
    return ours


def add_cosignatures(note: str, added: Iterable[Signature]) -> str:
    """The note with more cosignatures, each in the place of an older one by the same key."""
    text, signatures = read_note(note)
    lines = {(one.name, one.key_id): one for one in (*signatures, *added)}
    return f"{text}\n{''.join(map(str, lines.values()))}"


def _verify(text: str, signature: Signature, key: WitnessKey) -> int:
    """The time of a cosignature by `key`, once it is good."""
    time = int.from_bytes(signature.content[:_TIME_BYTES], "big")
    if len(signature.content) != _TIME_BYTES + _SIGNATURE_BYTES or not 0 < time < 1 << 63:
        raise Tampered("not a time and a signature", where=f"{_WHERE} of {key.name}")
    check_signature(_message(text, time), signature.content[_TIME_BYTES:], key)
    return time


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _check_keys(keys: Collection[WitnessKey]) -> None:
    if not keys or len({key.public_key for key in keys}) != len(keys):
        raise BadInput("each witness has a public key of its own, and there is one at least", where=_WHERE)
