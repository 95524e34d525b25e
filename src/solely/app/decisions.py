"""Decisions and campaigns, wired: advertising's role and the gate; and, on the registry's side, a person's handle."""

from __future__ import annotations

from solely.advertising.campaign import Campaigns
from solely.advertising.decision import Decisions
from solely.advertising.handle import Side, write_handle
from solely.advertising.reach import Reach
from solely.app.parts import Parts

__all__ = ["handle_of", "open_campaigns", "open_decisions"]


def handle_of(parts: Parts, subject: str, side: Side = "advertising") -> str:
    """How the platform's servers name a subject to one compartment. Who has no pseudonym there gets one.

    So having a handle says nothing of what a person gave. For the registry's process: no other may ask for these
    names. Raises GivingError for an id that is none.
    """
    return write_handle(side, parts.names(side).introduce(subject))


def open_decisions(parts: Parts) -> Decisions:
    """Delivery, with advertising's key file and the gate alone; for one thread at a time."""
    keyring, ground = parts.ground.keyring("advertising"), parts.ground
    connection = parts.login("advertising")
    folder = ground.directory / "advertising" / "index"
    reach = Reach(connection, folder, ground.policy, bytes.fromhex(keyring.secret("noise")))
    return Decisions(connection, parts.gate, reach)


def open_campaigns(parts: Parts) -> Campaigns:
    """The campaigns, with advertising's key file and the gate alone."""
    return Campaigns(parts.login("advertising"), parts.gate, parts.ground.clock)
