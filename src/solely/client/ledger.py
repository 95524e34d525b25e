"""The ledger as an auditor reads it: its signed head, its entries, a receipt that verifies offline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from solely.client.told import Told
from solely.client.wire import Wire, path

__all__ = ["Entry", "Head", "Ledger"]


class Head(Told):
    """A signed head: `note` is the C2SP checkpoint, `root` in hex."""

    origin: str
    size: int
    root: str
    note: str


class Entry(Told):
    """An entry. `members`: how many it commits to."""

    sequence: int
    time: datetime
    type: str
    purpose: str | None = None
    principal: str
    subject: str | None = None
    policy: str
    software: str
    members: int | None = None
    details: Mapping[str, str | int]


class _Receipt(Told):
    receipt: str


class Ledger:
    """What a client reads of the ledger."""

    _wire: Wire

    def ledger_head(self) -> Head:
        """The newest signed head."""
        return self._wire.read(Head, self._wire.ask("ledger", "GET", path("ledger", "head")))

    def ledger_entry(self, sequence: int) -> Entry:
        """An entry."""
        return self._wire.read(Entry, self._wire.ask("ledger", "GET", path("ledger", "entries", sequence)))

    def ledger_receipt(self, sequence: int) -> str:
        """What proves an entry under the newest signed head: a C2SP tlog-proof file."""
        where = path("ledger", "entries", sequence, "receipt")
        return self._wire.read(_Receipt, self._wire.ask("ledger", "GET", where, slow=True)).receipt
