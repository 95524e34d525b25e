"""Which processes there are, and where each is: its key files, its port, its account, its folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from solely.app.serve_settings import ServeSettings
from solely.links.table import PROCESSES

__all__ = ["ACCOUNTS", "GROUP", "LEDGER", "SENDERS", "Place", "own_of", "places", "url"]

LEDGER = "ledger"
# Users and a group that no account is named for: 60706 to 61183 are given to nobody (systemd, UIDS-GIDS.md)
GROUP = 60_800
SENDERS = 60_850  # the group of those who send messages
ACCOUNTS = {name: GROUP + number for number, name in enumerate(PROCESSES, 1)}


@dataclass(frozen=True, slots=True)
class Place:
    """One process of a data directory. `account` is its user where it has one of its own, which only root can give."""

    directory: Path
    name: str
    host: str
    port: int
    account: int | None = None

    @property
    def own(self) -> frozenset[str]:
        """The key files that it is given."""
        return own_of(self.name)

    @property
    def groups(self) -> Sequence[int]:
        """The further groups of its user: codes and notices go by the same senders."""
        return [SENDERS] if self.name in {"security", "service"} else []

    @property
    def log(self) -> Path:
        """The file of its log, where it was started with the others."""
        return self.directory / "log" / f"{self.name}.log"

    @property
    def temporary(self) -> Path:
        """Its folder for what is gone once it ends."""
        return self.directory / "tmp" / self.name

    @property
    def sockets(self) -> Path:
        """The folder of the socket by which others link to it."""
        return self.directory / "run" / self.name


def own_of(name: str) -> frozenset[str]:
    """The key files of a process: those of its compartment. The desk is in the registry's process."""
    return frozenset({name, "desk"} if name == "registry" else {name})


def places(directory: Path, settings: ServeSettings, *, apart: bool) -> list[Place]:
    """All processes, in the order of their ports: the first after the one of a trial, and so on.

    `apart`: each under a user of its own.
    """
    host, port = settings.listen.host, settings.listen.port
    return [
        Place(directory, name, host, port and port + number, ACCOUNTS[name] if apart else None)
        for number, name in enumerate(PROCESSES, 1)
    ]


def url(settings: ServeSettings, port: int) -> str:
    """How what listens at a port is asked."""
    listen = settings.listen
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"{'https' if listen.tls_certificate else 'http'}://{host}:{port}"
