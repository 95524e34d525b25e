"""What the doctor's checks look at, and what one of them finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import psycopg

from solely.app.doctor.machine_facts import Machine
from solely.app.serve_settings import ServeSettings

__all__ = ["Check", "Finding", "Level", "Look"]

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be, where, and its cure. `bad` is not for production."""

    level: Level
    what: str
    where: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """One data directory, the machine it is on, and its database as its owner sees it; None where that is not up."""

    directory: Path
    settings: ServeSettings
    machine: Machine
    database: psycopg.Connection | None
    clock: Callable[[], datetime]

    @property
    def connection(self) -> psycopg.Connection:
        assert self.database is not None, "a check of the database, without one"
        return self.database


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. `database`: it needs one."""

    name: str
    find: Callable[[Look], Iterable[Finding]]
    database: bool = False
