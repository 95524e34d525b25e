"""People's contacts: given, listed, withdrawn. Asked of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from solely.client.told import Giving, Givings, Kind, Notice, Recorded, Withdrawn
from solely.client.wire import Wire, path

__all__ = ["Contacts"]


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
    ) -> Recorded:
        """Give a contact for a purpose, under the notice the person saw.

        `country` (ISO 3166-1) is that of a phone written nationally. Raises GivingError with its `reason`, for a
        contact that is none too.
        """
        body = {
            "kind": kind,
            "value": value,
            "purpose": purpose,
            "notice": notice.model_dump(exclude_none=True),
            "country": country,
            "given_at": given_at and given_at.isoformat(),
        }
        return self._wire.read(Recorded, self._wire.ask("registry", "POST", path("subjects", subject, "givings"), body))

    def givings(self, subject: str) -> Sequence[Giving]:
        """What a person gave, for what, under which notice, until when; oldest first."""
        return self._wire.read(Givings, self._wire.ask("registry", "GET", path("subjects", subject, "givings"))).items

    def withdraw(self, subject: str, purpose: str, kind: Kind | None = None) -> int:
        """Withdraw what was given for a purpose, or one kind of it: effective on return. Returns how many ended."""
        body = {"purpose": purpose, "kind": kind}
        where = path("subjects", subject, "withdrawals")
        return self._wire.read(Withdrawn, self._wire.ask("registry", "POST", where, body)).ended
