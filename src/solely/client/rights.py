"""A person's rights: what is held and was done, choices about marketing, erasure. Asked of the registry.

`gpc` says that the person's browser sent `Sec-GPC: 1`: it is their objection to all marketing, honoured first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from solely.client.contacts import GPC, Kind
from solely.client.told import Page, Signalled, Told
from solely.client.wire import Wire, path

__all__ = ["Chosen", "Held", "HeldGiving", "Objected", "Preferences", "Receipt", "Rights", "Stance", "Use", "UsedBy"]


class Stance(Told):
    """What stands for one purpose of marketing. Without a choice nothing is refused, and nothing allowed."""

    purpose: str
    objects: bool
    since: datetime | None = None
    by: str | None = None
    signalled: bool = False
    told: bool = False


class Chosen(Told):
    """One choice as it was recorded; for the purpose `*` it was about all marketing."""

    purpose: str
    choice: str
    source: str
    at: datetime
    entry: int


class Preferences(Told):
    """What stands for each purpose of marketing, and the choices it came of, oldest first."""

    items: tuple[Stance, ...]
    history: tuple[Chosen, ...]
    signal: Signalled | None = None


class Objected(Told):
    """An objection that is recorded: whether it is new, and by purpose how many givings it ended."""

    new: bool
    ended: Mapping[str, int]
    signal: Signalled | None = None


class HeldPurpose(Told):
    """What a giving is for; only its name where the policy has no such purpose any more."""

    name: str
    description: str | None = None
    compartment: str | None = None
    kept: Literal["sealed", "tokens"] | None = None
    legal_basis: str | None = None
    marketing: bool | None = None


class HeldNotice(Told):
    """The very words the person saw."""

    name: str
    language: str | None = None
    text: str | None = None


class UsedBy(Told):
    """Who used a giving, for what, how often."""

    by: str
    what: str
    advertiser: str | None = None
    times: int
    first_at: datetime
    last_at: datetime


class HeldGiving(Told):
    """One giving. `contact` is what may be shown of it; where that is None, `why_not` says why."""

    giving: UUID
    purpose: HeldPurpose
    kind: Kind
    contact: str | None = Field(None, repr=False)
    why_not: str = ""
    notice: HeldNotice
    given_at: datetime
    how: str
    expires_at: datetime | None = None
    state: Literal["stands", "ended", "expired"]
    ended_at: datetime | None = None
    ended_by: str = ""
    used: tuple[UsedBy, ...]


class Held(Told):
    """All that is held of a person. `others`: what was done about them through no giving of theirs."""

    subject: str
    at: datetime
    givings: tuple[HeldGiving, ...]
    others: tuple[UsedBy, ...]
    objects_to: tuple[str, ...]


class Use(Told):
    """One thing that was done; `giving` is None where it was about the person, and through no giving of theirs."""

    entry: int
    at: datetime
    what: str
    purpose: str | None = None
    by: str
    advertiser: str | None = None
    giving: UUID | None = None


class Receipt(Told):
    """The record of a giving (ISO/IEC TS 27560), and what the platform has not stated of itself."""

    record: Mapping[str, Any]
    not_stated: tuple[str, ...]


class _Lifted(Told):
    lifted: bool


class Rights:
    """What a client does for a person's rights."""

    _wire: Wire

    def held(self, subject: str) -> Held:
        """What is held of a person. Contacts under seal are opened for it, and that is in the ledger before."""
        where = path("subjects", subject, "held")
        return self._wire.read(Held, self._wire.ask("registry", "GET", where, slow=True))

    def uses(self, subject: str) -> Iterator[Use]:
        """All that was done with a person's contacts, in the order of the ledger."""
        return self._wire.pages(Page[Use], "registry", path("subjects", subject, "uses"))

    def receipt(self, subject: str, giving: UUID) -> Receipt:
        """The record of a giving."""
        where = path("subjects", subject, "givings", giving, "receipt")
        return self._wire.read(Receipt, self._wire.ask("registry", "GET", where, slow=True))

    def export(self, subject: str) -> bytes:
        """All that is held of a person, to take away: a ZIP file, with their contacts whole."""
        return self._wire.ask("registry", "GET", path("subjects", subject, "export"), slow=True).content

    def preferences(self, subject: str, *, gpc: bool = False) -> Preferences:
        """What a person chose about marketing."""
        where = path("subjects", subject, "preferences")
        return self._wire.read(Preferences, self._wire.ask("registry", "GET", where, headers=GPC[gpc]))

    def object_to(self, subject: str, purpose: str | None = None, *, gpc: bool = False) -> Objected:
        """Object to one purpose of marketing, or to all of it: effective on return."""
        where = path("subjects", subject, "objections")
        said = self._wire.ask("registry", "POST", where, {"purpose": purpose}, headers=GPC[gpc])
        return self._wire.read(Objected, said)

    def lift(self, subject: str, purpose: str, *, told: bool = False, gpc: bool = False) -> bool:
        """Lift an objection by that person's own act; whether one stood. It allows nothing by itself.

        Where their browser signals otherwise it takes `told`: they were told so.
        """
        where = path("subjects", subject, "objections", "lift")
        said = self._wire.ask("registry", "POST", where, {"purpose": purpose, "told": told}, headers=GPC[gpc])
        return self._wire.read(_Lifted, said).lifted

    def erase(self, subject: str) -> None:
        """Erase a person in every compartment, for good: effective on return, asked again the same."""
        self._wire.ask("registry", "DELETE", path("subjects", subject), slow=True)
