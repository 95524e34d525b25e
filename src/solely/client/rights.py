"""A person's rights: what they chose about marketing, objections and what lifts them, erasure. Asked of the registry.

`gpc` says that the person's browser sent `Sec-GPC: 1`: it is their objection to all marketing, honoured first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from solely.client.contacts import GPC
from solely.client.told import Signalled, Told
from solely.client.wire import Wire, path

__all__ = ["Chosen", "Objected", "Preferences", "Rights", "Stance"]


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


class _Lifted(Told):
    lifted: bool


class Rights:
    """What a client does for a person's rights."""

    _wire: Wire

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
        self._wire.ask("registry", "DELETE", path("subjects", subject))
