"""`solely backup`: all of a directory at one moment, while it is at work; what opens its contacts apart from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely.app.backup import back_up
from solely.app.serve_settings import serve_settings_in
from solely.cli.terminal import OUT, Dir, Json, answer, open_directory, progress
from solely.errors import BadInput

__all__ = ["backup"]


def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Where to; a new one. Default: one by the time, in [backup] target."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Another place, for what opens contacts. Default: [backup] keys.", show_default=False),
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Back up a directory while it is at work: database, policy, settings; with --keys, its keys in another place."""
    with open_directory(directory) as solely, progress("backing up", json_, "bytes") as told:
        settings = serve_settings_in(solely.directory).backup
        if folder is None:
            if not settings.target:
                raise BadInput("no place named", where="FOLDER", cure="name a new folder, or set [backup] target")
            folder = Path(settings.target) / f"{solely.clock():%Y%m%dT%H%M%SZ}"
        keys = keys or (Path(settings.keys) if settings.keys else None)
        done = back_up(solely, folder, keys, told)
    size = sum(one.size for one in done.files.values())

    def show() -> None:
        OUT.print(f"Backed up: {folder}, {size:,} bytes, the ledger's {done.ledger.size:,} entries.", highlight=False)
        if keys is None:
            OUT.print("It holds no key: without those of this very moment, none of its contacts can be opened.")
            OUT.print("Make one with --keys PLACE to be able to restore it.", markup=False)
        else:
            OUT.print(f"What opens its contacts is apart, in {keys / folder.name}: keep the two apart.")

    content = {
        "backup": str(folder),
        "keys": str(keys / folder.name) if keys else None,
        "bytes": size,
        "entries": done.ledger.size,
        "root": done.ledger.root,
        "id": done.backup,
    }
    answer(json_, content, show)
