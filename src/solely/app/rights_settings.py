"""What a platform may say of itself to the people whose rights these are: rights.toml, read when it is asked for.

jurisdiction = "IE"
locations = ["Dublin, IE"]
withdraw = "https://chirp.example/privacy"
[controller]
name = "Chirp Ltd"
address = "1 Quay Street, Dublin"
contact = "privacy@chirp.example"
[authority]
name = "Data Protection Commission"
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from solely.answer.rights.receipt import Controller, Party
from solely.app.incident_settings import Line, incident_settings_in
from solely.app.verification import settings_in
from solely.settings import Table, read_tables
from solely.verification.settings import Page

__all__ = ["FILE", "controller_in", "read_rights_settings"]

FILE = "rights.toml"
_CURE = "see docs/rights.md"


class PartyTable(Table):
    """Somebody who is named in a record."""

    name: Line = ""
    address: Line = ""
    contact: Line = ""
    url: Page = ""


class RightsTables(Table):
    """The whole file."""

    jurisdiction: Line = ""
    locations: tuple[Annotated[Line, Field(min_length=1)], ...] = ()
    withdraw: Page = ""
    controller: PartyTable = PartyTable()
    authority: PartyTable = PartyTable()

    @field_validator("locations", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


def read_rights_settings(data: bytes) -> Controller:
    """Read the bytes of a rights.toml. Raises SettingsError, naming the field and never its value."""
    tables = read_tables(RightsTables, data, FILE, _CURE)
    return Controller(
        party=_party(tables.controller),
        authority=_party(tables.authority),
        jurisdiction=tables.jurisdiction,
        locations=tables.locations,
        withdraw=tables.withdraw,
    )


def _party(table: PartyTable) -> Party:
    return Party(table.name, table.address, table.contact, table.url)


def controller_in(directory: Path) -> Controller:
    """The settings of a data directory; what its rights.toml leaves out, as far as incidents.toml has it."""
    path = directory / FILE
    read = read_rights_settings(path.read_bytes() if path.exists() else b"")
    incidents = incident_settings_in(directory, settings_in(directory).service.name)
    party = read.party
    name, contact = party.name or incidents.controller, party.contact or incidents.reach
    return replace(read, party=replace(party, name=name, contact=contact))
