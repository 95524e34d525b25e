"""What a witness answers: C2SP tlog-witness `add-checkpoint`, without its server, its storage and its key.

1. The request is read: an old size, a consistency proof, a checkpoint. Else 400.
2. Its log, told by the origin, is one this witness knows. Else 404.
3. It is signed by that log's key. Else 403.
4. The old size is not above the checkpoint's. Else 400.
5. The old size is that of the checkpoint remembered (0 without one). Else 409, with the size remembered.
6. The same size has the same root. Else 409: two histories.
7. The proof leads from the one remembered to this one. Else 422.

The caller still owes: what is remembered stands still from step 5 until the new one is stored, durably, and then
cosigned; only then is there an answer.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from solely.errors import BadInput, Tampered
from solely.ledger.checkpoint import Checkpoint, Signature, VerifierKey, head_of, read_note, verify_note
from solely.ledger.tree import EMPTY_ROOT, verify_consistency

__all__ = ["MAX_BYTES", "Accepted", "Refusal", "Request", "judge", "read_request", "write_request"]

MAX_BYTES = 131_072  # of a request: 63 hashes, and a note with 16 signatures of the longest kind there is
_MOST_HASHES = 63  # of a proof, by the specification
_MOST_SIGNATURES = 64
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_HASH = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read and nothing more: nothing in it is verified."""

    old: int
    path: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The log that it says it is of."""
        return self.note.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint to remember, then to cosign: its text, and the note with the log's own signature alone."""

    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is remembered and nothing signed: the HTTP status, why, and the size remembered where that matters."""

    status: int
    why: str
    size: int | None = None


def write_request(old: int, path: Sequence[bytes], note: str) -> bytes:
    """The body of a request, as `read_request` reads it."""
    return "".join([f"old {old}\n", *(f"{b64encode(one).decode()}\n" for one in path), "\n", note]).encode()


def read_request(body: bytes) -> Request:
    """Step 1. Raises BadInput."""
    try:
        head, blank, note = body.decode().partition("\n\n")
        _, signatures = read_note(note)
    except (UnicodeDecodeError, Tampered):
        raise BadInput("not an old size, a proof and a checkpoint", where="request") from None
    old, *hashes = head.split("\n")
    path = tuple(_hash(line) for line in hashes)
    size = _OLD.fullmatch(old)
    if not blank or size is None or len(path) > _MOST_HASHES or len(signatures) > _MOST_SIGNATURES:
        raise BadInput("not an old size and a proof of up to 63 hashes", where="request")
    return Request(int(size[1]), path, note)


def judge(request: Request, key: VerifierKey | None, remembered: str | None) -> Accepted | Refusal:
    """Steps 2 to 7, for the log's key (None where it is none we know) and the note remembered of that log.

    Raises Tampered where what was remembered is not what was stored: then nothing is answered, and nothing begun anew.
    """
    if key is None or request.origin != key.name:
        return Refusal(404, "not a log that this witness knows")
    before = Checkpoint(key.name, 0, EMPTY_ROOT) if remembered is None else head_of(verify_note(remembered, key))
    try:
        text = verify_note(request.note, key)
    except Tampered:
        return Refusal(403, "not signed by the log's key")
    try:
        return _grown(request, head_of(text), before) or Accepted(text, _own(request.note, key))
    except Tampered:
        return Refusal(400, "not a checkpoint")


def _grown(request: Request, new: Checkpoint, before: Checkpoint) -> Refusal | None:
    """Steps 4 to 7: None where the new checkpoint may be remembered after the one before."""
    if request.old > new.size:
        return Refusal(400, "the old size is above the new one")
    if request.old != before.size:
        return Refusal(409, "another size is remembered", before.size)
    if new.size == before.size and new.root != before.root:
        return Refusal(409, "another root is remembered at this size", before.size)
    try:
        verify_consistency(before.size, before.root, new.size, new.root, request.path)
    except Tampered:
        return Refusal(422, "the proof does not lead from what is remembered to this")
    return None


def _own(note: str, key: VerifierKey) -> str:
    text, signatures = read_note(note)
    own: list[Signature] = [one for one in signatures if one.is_of(key)]
    return f"{text}\n{''.join(map(str, own))}"


def _hash(line: str) -> bytes:
    data = b64decode(line) if _HASH.fullmatch(line) else b""
    if b64encode(data).decode() != line or not data:  # one way to write a hash (RFC 4648 §3.5)
        raise BadInput("not a hash", where="request")
    return data
