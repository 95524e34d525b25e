"""`solely doctor`: every setting and where it came from, and every unsafe choice by name, with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir

import psycopg

from solely.app.directory import read_keyring
from solely.app.doctor import database, files, machine
from solely.app.doctor.look import Check, Finding, Look
from solely.app.doctor.machine_facts import read_machine
from solely.app.doctor.shown import Shown, shown_settings
from solely.app.environment import now
from solely.app.serve_settings import told_settings_in
from solely.app.serving.reach import reached
from solely.errors import NotFound, SolelyError
from solely.store import server

__all__ = ["CHECKS", "Finding", "Report", "Shown", "examine"]

CHECKS: tuple[Check, ...] = (*files.CHECKS, *database.CHECKS, *machine.CHECKS)


@dataclass(frozen=True, slots=True)
class Report:
    """All settings, and by the name of each check what it found: nothing where all is well."""

    settings: tuple[Shown, ...]
    found: dict[str, tuple[Finding, ...]]

    @property
    def bad(self) -> int:
        return sum(one.level == "bad" for findings in self.found.values() for one in findings)


def examine(directory: Path, clock: Callable[[], datetime] = now) -> Report:
    """Look at everything; changes nothing but that the embedded server may be started. Raises NotFound, SettingsError.

    It looks where `Solely` would refuse to start, too.
    """
    directory = directory.absolute()
    if not (directory / "policy.toml").exists():
        raise NotFound("not a data directory", where=str(directory), cure="make one with: solely init DIR")
    told = told_settings_in(directory)
    places = (
        directory,
        Path(gettempdir()),
        *([Path(told.settings.backup.target)] if told.settings.backup.target else []),
    )
    found: dict[str, tuple[Finding, ...]] = {}
    with _opened(directory) as opened:
        connection = opened if isinstance(opened, psycopg.Connection) else None
        look = Look(directory, told.settings, read_machine(places), connection, clock)
        if isinstance(opened, Finding):
            found["database"] = (opened,)
        for check in CHECKS:
            if connection is not None or not check.database:
                found[check.name] = tuple(check.find(look))
    return Report(shown_settings(directory, told), found)


@contextmanager
def _opened(directory: Path) -> Iterator[psycopg.Connection | Finding]:
    """The database as its owner, or why it is not there."""
    opened: psycopg.Connection | Finding
    with ExitStack() as stack:
        try:
            password = read_keyring(directory, "owner").secret("database")
            database = stack.enter_context(reached(directory))
            opened = stack.enter_context(database.superuser(server.SUPERUSER, password))
        except SolelyError as error:
            opened = Finding("bad", error.what, error.where, error.cure)
        yield opened
