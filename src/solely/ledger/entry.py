"""One entry of the ledger: what happened, for which purpose, by whom; as canonical JSON (RFC 8785).

- No contact, no digest of one: a text that looks like a contact is refused.
- An entry is under 65,535 bytes (C2SP tlog-tiles), and reads only if it is canonical byte for byte.
- Time is RFC 3339 in UTC with microseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args
from uuid import UUID

from typing_extensions import override

from solely.errors import BadInput, Tampered
from solely.ledger.members import Members

__all__ = ["ENTRY_TYPES", "MAX_BYTES", "Draft", "Entry", "EntryType", "decode", "encode"]

EntryType = Literal[
    "giving",
    "withdrawal",
    "expiry",
    "use",
    "send",
    "refusal",
    "disclosure",
    "policy",
    "key",
    "erasure",
    "reset",
    "incident",
    "notice",
    "break-glass",
    "preference",
    "access",
    "approval",
    "principal",
]
ENTRY_TYPES: tuple[EntryType, ...] = get_args(EntryType)

MAX_BYTES = 65_534  # an entry's length is 16 bits in a tile, and the design keeps it under the last one
_MAX_TEXT = 256  # characters
_MAX_NUMBER = 2**53 - 1  # RFC 8785 §3.2.2.3
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|@|\+\d{7}")  # control characters; what looks like a contact
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_WHERE = "ledger entry"

# RFC 8785 for what an entry can hold: ASCII names, texts without surrogates, whole numbers under 2**53. Seven times
# as fast as the `rfc8785` package, which tests/ledger/test_entry.py holds it against.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an entry says, before it has a place.

    `subject` is the person's pseudonym in the ledger; `policy` the policy file's digest in hex; `software`
    the version that acted; `members` what a batch commits to; `details` a small flat mapping.
    Raises BadInput where a field can't be in an entry.
    """

    type: EntryType
    principal: str
    policy: str
    software: str
    purpose: str | None = None
    subject: UUID | None = None
    members: Members | None = None
    details: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.type not in ENTRY_TYPES:
            raise BadInput(f"the type must be one of {', '.join(ENTRY_TYPES)}", where=_WHERE)
        for name, text in (("principal", self.principal), ("policy", self.policy), ("software", self.software)):
            _check_text(name, text)
        if self.purpose is not None:
            _check_text("purpose", self.purpose)
        for name, value in self.details.items():
            if not _NAME.fullmatch(name):
                raise BadInput("a detail's name is lower case, digits, - and _", where=_WHERE)
            _check_detail(name, value)
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """An entry in its place: `sequence` from 0 without gaps, `time` in UTC."""

    sequence: int
    time: datetime

    @override
    def __post_init__(self) -> None:
        Draft.__post_init__(self)  # super() does not work in a dataclass with slots before Python 3.14
        _check_number("sequence", self.sequence)
        if self.sequence < 0 or self.time.utcoffset() != timedelta(0):
            raise BadInput("an entry has a sequence from 0 and a time in UTC", where=_WHERE)

    @classmethod
    def at(cls, sequence: int, time: datetime, draft: Draft) -> Entry:
        """A draft in its place."""
        return cls(
            sequence=sequence,
            time=time,
            type=draft.type,
            principal=draft.principal,
            policy=draft.policy,
            software=draft.software,
            purpose=draft.purpose,
            subject=draft.subject,
            members=draft.members,
            details=draft.details,
        )


def encode(entry: Entry) -> bytes:
    """The one byte form of an entry. Raises BadInput where it has over 65,534 bytes."""
    content: dict[str, Any] = {
        "sequence": entry.sequence,
        "time": entry.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "type": entry.type,
        "principal": entry.principal,
        "policy": entry.policy,
        "software": entry.software,
    }
    if entry.purpose is not None:
        content["purpose"] = entry.purpose
    if entry.subject is not None:
        content["subject"] = str(entry.subject)
    if entry.members is not None:
        content["members"] = {"count": entry.members.count, "root": entry.members.root.hex()}
    if entry.details:
        content["details"] = dict(entry.details)
    body = _canonical(content).encode()
    if len(body) > MAX_BYTES:
        raise BadInput(f"over {MAX_BYTES} bytes", where=_WHERE, cure="give fewer details")
    return body


def decode(body: bytes) -> Entry:
    """Read an entry. Raises Tampered unless it is, byte for byte, what `encode` writes."""
    try:
        entry = _from_json(json.loads(body.decode()))
        canonical = encode(entry)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInput):
        raise Tampered("not an entry", where=_WHERE) from None
    if canonical != body:
        raise Tampered("not in canonical form", where=_WHERE)
    return entry


def _from_json(content: Any) -> Entry:
    members, subject = content.get("members"), content.get("subject")
    return Entry(
        sequence=content["sequence"],
        time=datetime.fromisoformat(content["time"]),
        type=content["type"],
        principal=content["principal"],
        policy=content["policy"],
        software=content["software"],
        purpose=content.get("purpose"),
        subject=None if subject is None else UUID(subject),
        members=None if members is None else Members(members["count"], bytes.fromhex(members["root"])),
        details=content.get("details", {}),
    )


def _check_text(name: str, text: str) -> None:
    if type(text) is not str or not 0 < len(text) <= _MAX_TEXT or _UNFIT.search(text):
        raise BadInput(f"{name} must be 1 to {_MAX_TEXT} plain characters, and never a contact", where=_WHERE)


def _check_number(name: str, value: int) -> None:
    if type(value) is not int or abs(value) > _MAX_NUMBER:
        raise BadInput(f"{name} must be a whole number up to 2**53", where=_WHERE)


def _check_detail(name: str, value: str | int) -> None:
    if isinstance(value, str):
        _check_text(name, value)
    else:
        _check_number(name, value)
