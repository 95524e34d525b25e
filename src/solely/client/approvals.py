"""What takes two officers: one asks, another approves, it is open for a time. Each compartment its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from solely.client.keys import Compartment
from solely.client.told import Page, Told
from solely.client.wire import Wire, path

__all__ = ["Approval", "Approvals"]


class Approval(Told):
    """How far it came. `person` is a random name that only the ledger has too."""

    approval: UUID
    state: str
    act: str
    scope: str | None = None
    person: UUID | None = None
    reason: str
    case: str
    minutes: int
    asked_by: str
    asked_at: datetime
    approved_by: str | None = None
    until: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    uses: int


class Approvals:
    """What a client does for two officers."""

    _wire: Wire

    def approvals(self, compartment: Compartment) -> Iterator[Approval]:
        """What was asked for, newest first."""
        return self._wire.pages(Page[Approval], compartment, path("approvals"))

    def approval(self, compartment: Compartment, approval: UUID) -> Approval:
        """One of them."""
        return self._wire.read(Approval, self._wire.ask(compartment, "GET", path("approvals", approval)))

    def ask_approval(
        self,
        compartment: Compartment,
        act: Literal["officers", "break-glass", "disclosure"],
        *,
        reason: str,
        case: str,
        scope: str | None = None,
        person: str | None = None,
        minutes: int | None = None,
    ) -> Approval:
        """Ask for what one officer alone may not do, about one person (break-glass), or about a scope.

        That is an audience as ADVERTISER/AUDIENCE or an incident (disclosure), or an officer's name (officers).
        `case` is a reference, and no words.
        """
        body = {"act": act, "scope": scope, "person": person, "reason": reason, "case": case, "minutes": minutes}
        return self._wire.read(Approval, self._wire.ask(compartment, "POST", path("approvals"), body))

    def approve(self, compartment: Compartment, approval: UUID) -> Approval:
        """Approve what another officer asked for: it is open from now on."""
        return self._wire.read(Approval, self._wire.ask(compartment, "POST", path("approvals", approval, "approve")))

    def end_approval(self, compartment: Compartment, approval: UUID) -> Approval:
        """Refuse what is asked for, or end what is open, at once."""
        return self._wire.read(Approval, self._wire.ask(compartment, "POST", path("approvals", approval, "end")))
