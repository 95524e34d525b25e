"""What the answers are made from: three roles, each with its own connection, joined here for the officer alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

from solely.store.entries import Entries
from solely.store.evidence import Evidence

__all__ = ["Sources"]


@dataclass(frozen=True, slots=True, repr=False)
class Sources:
    """A connection as `registry`, and what the ledger and advertising show the officer, wherever they are.

    `folder` is where answers keep what they would else have to make each time; it can be deleted at any time.
    `purposes` are those of the policy as it is now.
    """

    registry: psycopg.Connection
    entries: Entries
    evidence: Evidence
    folder: Path
    purposes: frozenset[str]
