"""The one place that opens contacts to be shown to the person whose they are, or to an officer by break-glass.

1. The givings are of that person and stand: what has ended is opened for nothing any more.
2. The access is in the ledger, durably, with the givings it is to; only then is there a permit.
3. Each is opened under that permit.

An officer's stop does not reach it: what is stopped is a use, and this is none (GDPR Art. 15(1), (3)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import numpy as np
import psycopg

from solely.consent import Permit
from solely.contact import Contact
from solely.gate import Gate
from solely.keys import SealKeys
from solely.purpose import Compartment, Kind
from solely.seal import Sealed, open_sealed
from solely.store import service
from solely.store.database import answering
from solely.store.ledger import Words
from solely.store.security import contacts as security

__all__ = ["PERSON", "Form", "Opener"]

Form = Literal["masked", "whole"]
PERSON = "subject"


@dataclass(frozen=True, slots=True, repr=False)
class _Row:
    giving: UUID
    kind: Kind
    sealed: Sealed


@dataclass(frozen=True, slots=True, repr=False)
class Opener:
    """One sealing compartment, for its people: its role's connection, the sealing key of each purpose, the gate."""

    compartment: Compartment
    connection: psycopg.Connection
    sealers: Mapping[str, SealKeys]
    gate: Gate

    def open(
        self, pseudonym: UUID, givings: Mapping[UUID, str], form: Form, now: datetime, by: str = PERSON
    ) -> dict[UUID, Contact]:
        """The contacts of these givings (by id: the purpose) that stand, in the steps above; `form` is what for.

        `by`: the person, or the officer for whom two opened the glass.

        Raises Unavailable where the ledger can't be written; nothing was opened then. Tampered where a seal does not
        open.
        """
        opened: dict[UUID, Contact] = {}
        for purpose in sorted(set(givings.values()) & set(self.sealers)):
            ids = sorted(giving for giving, of in givings.items() if of == purpose)
            with answering():
                rows = [row for one in ids if (row := self._row(pseudonym, one, purpose, now)) is not None]
            if rows:
                sequence = self.gate.write_down(_words(purpose, rows, form, by))
                for row in rows:
                    permit = Permit(purpose, row.giving, sequence)
                    keys = self.sealers[purpose]
                    opened[row.giving] = open_sealed(keys, row.sealed, permit, pseudonym=pseudonym, kind=row.kind)
        return opened

    def _row(self, pseudonym: UUID, giving: UUID, purpose: str, now: datetime) -> _Row | None:
        if self.compartment == "service":
            one = service.sealed(self.connection, pseudonym, giving, purpose, now)
            return None if one is None else _Row(giving, one.kind, Sealed(one.wrapped, one.box, one.key_number))
        row = security.sealed(self.connection, pseudonym, giving, now)
        if row is None or row.purpose != purpose:
            return None
        return _Row(giving, row.kind, Sealed(row.wrapped, row.box, row.key_number))


def _words(purpose: str, rows: Sequence[_Row], form: Form, by: str) -> Words:
    ids = np.frombuffer(b"".join(row.giving.bytes for row in rows), np.uint8).reshape(-1, 16)
    return Words("access", by, purpose, ids, MappingProxyType({"form": form}), keep=True)
