"""What the answers are made from: three roles, each with its own connection, joined here for the officer alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

from solely.ledger.log import Mac

__all__ = ["Sources"]


@dataclass(frozen=True, slots=True, repr=False)
class Sources:
    """Connections as `registry`, `ledger` and `advertising`; the ledger's MAC, by which each entry is checked.

    `folder` is where answers keep what they would else have to make each time; it can be deleted at any time.
    `purposes` are those of the policy as it is now.
    """

    registry: psycopg.Connection
    ledger: psycopg.Connection
    advertising: psycopg.Connection
    mac: Mac
    folder: Path
    purposes: frozenset[str]
