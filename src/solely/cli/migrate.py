"""`solely migrate`: the database of a directory brought to this version, while others work."""

from __future__ import annotations

from pathlib import Path

import typer

from solely import app as application
from solely.app import migrate
from solely.cli.terminal import OUT, QUIET, Dir, Json, answer, busy
from solely.errors import NotFound

__all__ = ["migrate_cli"]

migrate_cli = typer.Typer(**QUIET, help="Bring the database to this version, while others work.")


@migrate_cli.command("status")
def migrate_status(directory: Dir = None, json_: Json = False) -> None:
    """Say which migrations are pending, and whether the database is of a newer version."""
    found = migrate.status(_named(directory))

    def show() -> None:
        if found.newer:
            OUT.print("The database is of a newer version: this one goes on with it, and can't migrate it.")
        elif found.pending:
            OUT.print(f"Pending: {', '.join(found.pending)}. Make them with: solely migrate up", highlight=False)
        else:
            OUT.print("Nothing is pending.")

    answer(json_, {"pending": list(found.pending), "newer": list(found.newer)}, show)


@migrate_cli.command("up")
def migrate_up(directory: Dir = None, json_: Json = False) -> None:
    """Make the migrations that are pending, and give each role what is declared. Doing it again is safe."""
    with busy("migrating", json_):
        found = migrate.status(_named(directory))
        made = () if found.newer else migrate.up(_named(directory))
    words = "The database is of a newer version: nothing was done." if found.newer else "Nothing was pending."
    words = f"Made: {', '.join(made)}." if made else words
    answer(json_, {"made": list(made), "newer": list(found.newer)}, lambda: OUT.print(words, highlight=False))


def _named(directory: Path | None) -> Path:
    found = directory or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    return found
