"""What one process stands on: a data directory, where its database answers, and the key files it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from solely.app.directory import read_keyring
from solely.app.environment import now
from solely.errors import Refused
from solely.keys import Keyring
from solely.purpose import Policy
from solely.store.database import Database
from solely.store.roles import ROLES

__all__ = ["Ground"]


@dataclass(frozen=True, slots=True, repr=False)
class Ground:
    """For all threads of a process. `own` are the names of its key files: in a trial all, else one compartment's."""

    directory: Path
    database: Database
    policy: Policy
    clock: Callable[[], datetime] = now
    own: frozenset[str] = frozenset(ROLES)
    _keyrings: dict[str, Keyring] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keyring(self, name: str) -> Keyring:
        """A keyring of its own, read once: opening one under a passphrase is slow by design.

        Raises Refused for one that is another process's, and what `read_keyring` raises.
        """
        if name not in self.own:
            raise Refused("this process has no such key file", where=name, cure="ask the process that has it")
        with self._lock:
            if name not in self._keyrings:
                self._keyrings[name] = read_keyring(self.directory, name)
            return self._keyrings[name]
