"""The way to people by what they gave for service notices: what telling asks of whoever has the keys of those contacts.

A contact is opened, written to and forgotten there; nothing of it comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from solely.answer.incidents.letter import Letter
from solely.answer.incidents.opening import PRINCIPAL, PURPOSE, Service, words_of
from solely.contact import Contact
from solely.store.ledger import Words
from solely.store.service import Held

__all__ = ["Carried", "Carrier", "OwnWay", "Way"]


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a message: `sent`; `again`, later may do; `never`, to this contact, and why."""

    outcome: Literal["sent", "again", "never"]
    why: str = "the contact takes no messages"


class Carrier(Protocol):
    """The platform's senders, as app/notices.py brings them."""

    def __call__(self, contact: Contact, letter: Letter, *, send: UUID, before: Callable[[str], None]) -> Carried:
        """Hand it over; `before` is told the name of each sender that is asked, before it is, and may raise."""


class Way(Protocol):
    """Within the process of the service compartment, or asked of it. tests/answer/incidents/test_way.py runs over both.

    Each raises Refused where notices are stopped, Unavailable where the ledger can't be written.
    """

    def require(self) -> None:
        """Raise where nobody may be told now."""

    def held(self, pseudonyms: list[UUID]) -> list[Held]:
        """What these people gave for service notices, e-mail first; nothing of it is opened."""

    def carry(
        self, pseudonym: UUID, giving: UUID, incident: str, letter: Letter, *, send: UUID, before: Callable[[str], None]
    ) -> Carried:
        """Open the contact of a giving and hand a letter over to it, each of it in the ledger before.

        `before` is told the name of each sender that is asked, before it is: what breaks off sooner was not sent.
        Raises NotFound where the giving has ended, Tampered where the seal does not open.
        """


@dataclass(frozen=True, slots=True, repr=False)
class OwnWay:
    """By this process's own keys and senders."""

    service: Service
    carrier: Carrier
    clock: Callable[[], datetime]

    def require(self) -> None:
        """See `Way.require`."""
        self.service.gate.require(Words("send", PRINCIPAL, PURPOSE))

    def held(self, pseudonyms: list[UUID]) -> list[Held]:
        """See `Way.held`."""
        return self.service.held(pseudonyms, self.clock())

    def carry(
        self, pseudonym: UUID, giving: UUID, incident: str, letter: Letter, *, send: UUID, before: Callable[[str], None]
    ) -> Carried:
        """See `Way.carry`."""

        def noted(sender: str) -> None:
            self.service.gate.write_down(words_of("send", giving, incident=incident, by=sender))
            before(sender)

        contact = self.service.open(pseudonym, giving, incident, self.clock())
        return self.carrier(contact, letter, send=send, before=noted)
