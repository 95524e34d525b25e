"""Bringing a directory's database to this version while it is at work: what is pending, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from solely.app.directory import read_keyring
from solely.app.serving.reach import reached
from solely.errors import NotFound
from solely.store.database import Database
from solely.store.dump import Owner
from solely.store.migrate import migrate, pending
from solely.store.roles import grant

__all__ = ["Status", "status", "up"]


@dataclass(frozen=True, slots=True)
class Status:
    """`pending`: what the database has not yet; `newer`: what it has, and this version does not know."""

    pending: tuple[str, ...]
    newer: tuple[str, ...]


def status(directory: Path) -> Status:
    """How far the database of a directory is. Raises NotFound."""
    with reached(_is_one(directory)) as database, _owner(directory, database).login() as connection:
        return Status(*pending(connection))


def up(directory: Path, versions: Sequence[Path] = ()) -> tuple[str, ...]:
    """Make what is pending, and give each role what is declared; returns what was made. Doing it again is safe.

    Raises Unavailable where others hold what it needs to lock; nothing was done then.
    """
    with reached(_is_one(directory)) as database:
        owner = _owner(directory, database)
        made = migrate(owner.database, owner.name, owner.password, versions=versions)
        with owner.login() as connection, connection.transaction():
            grant(connection)
    return made


def _is_one(directory: Path) -> Path:
    if not (directory / "policy.toml").exists():
        raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
    return directory.absolute()


def _owner(directory: Path, database: Database) -> Owner:
    return Owner(database, read_keyring(directory, "owner").secret("database"))
