"""The ledger for officers and auditors: its newest signed head, single entries, their receipts. In its own process.

Its tiles are static files for everyone: see `solely ledger serve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field
from typing_extensions import override

from solely.errors import NotFound
from solely.web.api.routes import Call, Route, Said, etag

__all__ = ["ROUTES"]

Sequence = Annotated[int, Path(ge=0, le=2**53 - 1, description="an entry's place, from 0", examples=[0])]


class HeadTold(Said):
    """The newest signed head, with what witnesses cosigned (C2SP tlog-checkpoint): all of it is in `note`."""

    origin: str
    size: int
    root: str = Field(description="in hex")
    note: str

    @override
    def headers(self) -> Mapping[str, str]:
        return {"etag": etag(self.note)}


class EntryTold(Said):
    """An entry as it is in the ledger: who did what, and never a contact or a digest of one."""

    sequence: int
    time: datetime
    type: str
    purpose: str | None
    principal: str
    subject: str | None
    policy: str
    software: str
    members: int | None = Field(description="how many the entry commits to")
    details: dict[str, str | int]


class ReceiptTold(Said):
    """A file that proves an entry offline (C2SP tlog-proof): `solely ledger verify --receipt FILE`."""

    sequence: int
    receipt: str


def head(call: Call) -> HeadTold:
    """Show the newest signed head."""
    said, note = call.parts.signed.head()
    return HeadTold(origin=said.origin, size=said.size, root=said.root.hex(), note=note)


def entry(call: Call, sequence: Sequence) -> EntryTold:
    """Show an entry."""
    found = call.parts.entries.read([sequence]).get(sequence)
    if found is None:
        raise NotFound("there is no such entry", where="sequence", cure="see the size of the newest head")
    return EntryTold(
        sequence=found.sequence,
        time=found.time,
        type=found.type,
        purpose=found.purpose,
        principal=found.principal,
        subject=str(found.subject) if found.subject else None,
        policy=found.policy,
        software=found.software,
        members=found.members.count if found.members else None,
        details=dict(found.details),
    )


def receipt(call: Call, sequence: Sequence) -> ReceiptTold:
    """Prove an entry, under the newest signed head."""
    return ReceiptTold(sequence=sequence, receipt=call.parts.prove(sequence))


_ENTRY = "/v1/ledger/entries/{sequence}"
ROUTES = (
    Route(method="GET", path="/v1/ledger/head", homes=("ledger",), act="ledger.read", endpoint=head),
    Route(method="GET", path=_ENTRY, homes=("ledger",), act="ledger.read", endpoint=entry),
    Route(method="GET", path=f"{_ENTRY}/receipt", homes=("ledger",), act="ledger.read", endpoint=receipt, slow=True),
)
