"""What a person is told of what is held and was done: as it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, WithJsonSchema

from solely.answer.rights import held as rights
from solely.answer.rights import receipt as records
from solely.answer.rights import told as words
from solely.answer.uses import Act
from solely.app import rights as wired
from solely.web.api.routes import Said

__all__ = ["Held", "Proof", "Receipt", "Use", "UseProof", "Uses", "receipt", "told", "use"]

_ADVERTISER = "advertiser "
_RECORD = json.loads(Path(records.__file__).with_name("receipt.schema.json").read_bytes())
_RECORD.pop("$schema")
Record = Annotated[dict[str, Any], WithJsonSchema(_RECORD)]


class Use(Said):
    """One thing that was done: `giving` is null where it was about the person, and through no giving of theirs."""

    entry: int = Field(description="its place in the ledger")
    at: datetime
    what: str = Field(examples=["use"])
    purpose: str | None
    by: str = Field(examples=["advertiser acme"])
    advertiser: str | None = Field(description="whose list met the contact", examples=["acme"])
    giving: UUID | None
    details: dict[str, str | int]


class Uses(Said):
    """A page of what was done, in the order of the ledger."""

    items: list[Use]
    next: str | None


class Proof(Said):
    """That an entry is about this person, through that giving: a file of text."""

    giving: UUID | None
    text: str


class UseProof(Said):
    """An entry's receipt under the newest signed head, what shows that it is about this person, the ledger's key."""

    entry: int
    receipt: str
    members: list[Proof]
    verifier: str


class File(Said):
    """A file of text."""

    name: str
    text: str


class Receipt(Said):
    """The record of a giving; the files that prove it; what the platform has not stated of itself."""

    record: Record
    proofs: list[File]
    not_stated: list[str]


class HeldPurpose(Said):
    """What a giving is for. Only its name where this policy has no such purpose any more."""

    name: str
    description: str | None = None
    compartment: str | None = None
    kept: Literal["sealed", "tokens"] | None = None
    legal_basis: str | None = None
    explicit_consent: bool | None = None
    marketing: bool | None = None
    fideslang: str | None = None
    dpv: str | None = None


class HeldNotice(Said):
    """The very words the person saw."""

    name: str
    language: str | None
    sha256: str | None
    text: str | None


class UsedBy(Said):
    """Who used a giving, for what, how often; each single use is among the person's uses."""

    by: str
    what: str
    advertiser: str | None
    times: int
    first_at: datetime
    last_at: datetime


class HeldGiving(Said):
    """One giving. `contact` is what may be shown of it; where that is null, `why_not` says why."""

    giving: UUID
    purpose: HeldPurpose
    kind: Literal["email", "phone"]
    contact: str | None = Field(examples=["a•••@e•••.org"])
    why_not: str
    notice: HeldNotice
    given_at: datetime
    how: str
    expires_at: datetime | None
    state: rights.State
    ended_at: datetime | None
    ended_by: str
    entry: int
    ending_entry: int | None
    used: list[UsedBy]


class HeldFactor(Said):
    """A factor of two-step verification: that there is one."""

    kind: str
    name: str
    state: str
    purpose: str
    created_at: datetime
    used_at: datetime | None


class HeldDevice(Said):
    """A device that is trusted for a while."""

    name: str
    trusted_at: datetime
    used_at: datetime
    expires_at: datetime


class Held(Said):
    """All that is held of a person. `others`: what was done about them through no giving of theirs."""

    subject: str
    at: datetime
    givings: list[HeldGiving]
    others: list[UsedBy]
    factors: list[HeldFactor]
    devices: list[HeldDevice]
    objects_to: list[str] = Field(description="the purposes of marketing they object to")


def told(held: rights.Holding) -> Held:
    """All of it."""
    content = words.holding(held)
    for given, one in zip(held.givings, content["givings"], strict=True):
        one["used"] = _by(given.used)
    content["others"] = _by(held.others)
    content["objects_to"] = [name for name, one in held.chosen.standing.items() if one.objects]
    return Held.model_validate(content)


def _by(acts: Sequence[Act]) -> list[UsedBy]:
    def who(act: Act) -> tuple[str, str]:
        return act.by, act.what

    return [_used(list(some)) for _, some in groupby(sorted(acts, key=who), who)]


def _used(acts: list[Act]) -> UsedBy:
    times, one = sorted(act.at for act in acts), acts[0]
    return UsedBy(
        by=one.by,
        what=one.what,
        advertiser=_advertiser(one),
        times=len(times),
        first_at=times[0],
        last_at=times[-1],
    )


def use(act: Act) -> Use:
    """One thing that was done."""
    return Use(
        entry=act.sequence,
        at=act.at,
        what=act.what,
        purpose=act.purpose,
        by=act.by,
        advertiser=_advertiser(act),
        giving=act.giving,
        details=dict(act.details),
    )


def _advertiser(act: Act) -> str | None:
    return act.by.removeprefix(_ADVERTISER) if act.by.startswith(_ADVERTISER) else None


def receipt(found: wired.Receipt) -> Receipt:
    """The record of a giving."""
    proofs: Iterable[tuple[str, str]] = found.proofs.items()
    return Receipt(
        record=json.loads(found.record),
        proofs=[File(name=name, text=text) for name, text in proofs],
        not_stated=list(found.missing),
    )
