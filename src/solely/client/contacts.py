"""People's contacts: given, listed, withdrawn. Asked of the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from solely.client.told import Page, Signalled, Told
from solely.client.wire import Wire, path

__all__ = ["GPC", "Contacts", "Giving", "Kind", "Notice", "Recorded"]

Kind = Literal["email", "phone"]
GPC: Mapping[bool, Mapping[str, str]] = {True: {"sec-gpc": "1"}, False: {}}


class Notice(Told):
    """The notice a person saw. Its text may be left out where that version is recorded already."""

    version: str
    text: str | None = None
    language: str = "en"


class Recorded(Told):
    """A giving that is recorded; asked for again it is the same giving. `signal`: what the browser's came to before."""

    giving: UUID
    purpose: str
    kind: Kind
    given_at: datetime
    signal: Signalled | None = None


class Giving(Told):
    """A giving as it stands. The contact itself is not told."""

    giving: UUID
    purpose: str
    kind: Kind
    notice: str
    state: Literal["stands", "ended", "expired"]
    given_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None


class _Withdrawn(Told):
    ended: int


class _Handle(Told):
    handle: str


class Contacts:
    """What a client does with people's contacts."""

    _wire: Wire

    def give(
        self,
        subject: str,
        kind: Kind,
        value: str,
        purpose: str,
        notice: Notice,
        *,
        country: str | None = None,
        given_at: datetime | None = None,
        told: bool = False,
        gpc: bool = False,
    ) -> Recorded:
        """Give a contact for a purpose, under the notice the person saw.

        `country` (ISO 3166-1) is that of a phone written nationally. `gpc`: the person's browser sent `Sec-GPC: 1`;
        `told`: they were told so, or that they had objected, and give nevertheless. Raises GivingError with its
        `reason`, for a contact that is none too.
        """
        body = {
            "kind": kind,
            "value": value,
            "purpose": purpose,
            "notice": notice.model_dump(exclude_none=True),
            "country": country,
            "given_at": given_at and given_at.isoformat(),
            "told": told or None,
        }
        where = path("subjects", subject, "givings")
        return self._wire.read(Recorded, self._wire.ask("registry", "POST", where, body, headers=GPC[gpc]))

    def givings(self, subject: str) -> Sequence[Giving]:
        """What a person gave, for what, under which notice, until when; oldest first."""
        where = path("subjects", subject, "givings")
        return self._wire.read(Page[Giving], self._wire.ask("registry", "GET", where)).items

    def withdraw(self, subject: str, purpose: str, kind: Kind | None = None) -> int:
        """Withdraw what was given for a purpose, or one kind of it: effective on return. Returns how many ended."""
        where = path("subjects", subject, "withdrawals")
        said = self._wire.ask("registry", "POST", where, {"purpose": purpose, "kind": kind})
        return self._wire.read(_Withdrawn, said).ended

    def handle(self, subject: str) -> str:
        """How advertising knows a person: what the platform's ad server names them by, and nobody else."""
        said = self._wire.ask("registry", "POST", path("subjects", subject, "handle"))
        return self._wire.read(_Handle, said).handle
