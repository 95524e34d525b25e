"""Who the witnesses of a ledger are: ledger.toml, read at the start.

quorum = 2
required = true
[[witness]]
url = "https://witness.example"
key = "witness.example/1+…"
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from solely.errors import BadInput
from solely.ledger.cosignature import WitnessKey
from solely.settings import Table, check_url, read_tables

__all__ = ["FILE", "WitnessSettings", "read_witness_settings", "witness_settings_in"]

FILE = "ledger.toml"
_CURE = "see docs/ledger.md"


class WitnessTable(Table):
    """One witness: where it is asked (its submission prefix), and the key it prints at its start."""

    url: str
    key: str

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            check_url(value)
        except BadInput as error:
            raise ValueError(error.what) from None
        return value.rstrip("/")

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        try:
            WitnessKey.read(value)
        except BadInput as error:
            raise ValueError(error.what) from None
        return value


class WitnessSettings(Table):
    """ledger.toml: the witnesses, how many of them make a quorum, and whether disclosures need it."""

    witness: tuple[WitnessTable, ...] = ()
    quorum: Annotated[int, Field(ge=0)] = 0
    required: bool = False

    @field_validator("witness", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if not (1 if self.witness else 0) <= self.quorum <= len(self.witness):
            raise ValueError("a quorum is at least one witness, and no more than there are")
        if min(len({key.public_key for key in self.keys}), len({key.name for key in self.keys})) != len(self.witness):
            raise ValueError("each witness has a name and a public key of its own")
        if self.required and not self.witness:
            raise ValueError("nobody is named who could be required")
        return self

    @property
    def keys(self) -> tuple[WitnessKey, ...]:
        return tuple(WitnessKey.read(one.key) for one in self.witness)


def read_witness_settings(data: bytes) -> WitnessSettings:
    """Read the bytes of a ledger.toml. Raises SettingsError, naming the field and never its value."""
    return read_tables(WitnessSettings, data, FILE, _CURE)


def witness_settings_in(directory: Path) -> WitnessSettings:
    """The settings of a data directory; no witnesses where it has no file of them."""
    path = directory / FILE
    return read_witness_settings(path.read_bytes()) if path.exists() else WitnessSettings()
