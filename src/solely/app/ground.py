"""What one process stands on: a data directory, where its database answers, and the key files it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from solely.app import key_files
from solely.app.directory import read_keyring
from solely.app.environment import now
from solely.app.key_files import Stamp
from solely.errors import Refused
from solely.keys import Keyring
from solely.links.client import Links
from solely.purpose import Policy
from solely.store.database import Database
from solely.store.roles import ROLES

__all__ = ["Ground"]


@dataclass(frozen=True, slots=True, repr=False)
class Ground:
    """For all threads of a process. `own` are the names of its key files: in a trial all, else one compartment's.

    `links` lead to the processes that have the others.
    """

    directory: Path
    database: Database
    policy: Policy
    clock: Callable[[], datetime] = now
    own: frozenset[str] = frozenset(ROLES)
    links: Links | None = None
    _keyrings: dict[str, tuple[Stamp, Keyring]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        """The name of this process: its compartment's. The registry's process has the desk too."""
        (name,) = self.own - {"desk"}
        return name

    def far(self, name: str) -> Links | None:
        """The links by which the holder of a key file is asked; None where that is this process."""
        return None if name in self.own else self.links

    def keyring(self, name: str) -> Keyring:
        """A keyring of its own, read once and again when its file was written anew: opening one is slow by design.

        Raises Refused for one that is another process's, and what `read_keyring` raises.
        """
        if name not in self.own:
            raise Refused("this process has no such key file", where=name, cure="ask the process that has it")
        with self._lock:
            written = key_files.stamp(self.directory, name)  # before it is read: a newer one is seen the next time
            if name not in self._keyrings or self._keyrings[name][0] != written:
                self._keyrings[name] = written, read_keyring(self.directory, name)
            return self._keyrings[name][1]

    def stamps(self) -> tuple[Stamp | None, ...]:
        """What differs once a key file of its own was written anew: what was made from the old one is made again.

        One that is gone for now is no reason to stop.
        """
        return tuple(key_files.stamp_or_none(self.directory, name) for name in sorted(self.own))
