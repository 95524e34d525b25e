"""The one place that opens a service contact: for a notice of an incident, and for nothing else.

1. The giving stands, for service notices, or nothing happens.
2. The notice is in the ledger, durably, with the giving it is about; only then is there a permit.
3. The contact is opened under that permit.

What the caller owes: to hand the contact to the sender, and to keep it nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import numpy as np
import psycopg

from solely.consent import Permit
from solely.contact import Contact
from solely.errors import NotFound
from solely.gate import Gate
from solely.keys import SealKeys
from solely.seal import Sealed, open_sealed
from solely.store import service as store
from solely.store.database import answering
from solely.store.ledger import Words

__all__ = ["PRINCIPAL", "PURPOSE", "Service", "words_of"]

PURPOSE = "service-notice"
PRINCIPAL = "incidents"


@dataclass(frozen=True, slots=True, repr=False)
class Service:
    """The service compartment, for notices: its role's connection, the sealing key of that purpose, the gate."""

    connection: psycopg.Connection
    sealer: SealKeys
    gate: Gate

    def held(self, pseudonyms: list[UUID], now: datetime) -> list[store.Held]:
        """What these people gave for service notices, e-mail first; nothing of it is opened."""
        with answering():
            return store.held(self.connection, pseudonyms, PURPOSE, now)

    def open(self, pseudonym: UUID, giving: UUID, incident: str, now: datetime) -> Contact:
        """Open the contact of a giving, in the steps above.

        Raises NotFound where the giving does not stand, Refused where the purpose is stopped, Unavailable where the
        ledger can't be written; nothing was opened then. Tampered where the seal does not open.
        """
        with answering():
            row = store.sealed(self.connection, pseudonym, giving, PURPOSE, now)
        if row is None:
            raise NotFound("this contact's giving has ended", cure="nothing else may be opened for it")
        sequence = self.gate.write_down(words_of("notice", giving, incident=incident))
        permit, sealed = Permit(PURPOSE, giving, sequence), Sealed(row.wrapped, row.box, row.key_number)
        return open_sealed(self.sealer, sealed, permit, pseudonym=pseudonym, kind=row.kind)


def words_of(type_: Literal["notice", "send"], giving: UUID, **details: str) -> Words:
    """An entry about one giving, committed to by its id."""
    ids = np.frombuffer(giving.bytes, np.uint8).reshape(1, 16)
    return Words(type_, PRINCIPAL, PURPOSE, ids, MappingProxyType(details), keep=True)
