"""`solely serve`: the service, as one process for a trial, as one compartment, or as all of them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely import app as application
from solely.app.serve_settings import serve_settings_in
from solely.app.serving.place import ACCOUNTS, places
from solely.cli.terminal import OUT, Dir
from solely.errors import BadInput, NotFound

__all__ = ["serve"]


def serve(
    compartment: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"One alone: {', '.join(ACCOUNTS)}.", show_default=False)
    ] = None,
    directory: Dir = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM: all compartments in one process, for a trial; where and how, solely.toml says."""
    from solely.web.process import serve_one, serve_trial  # noqa: PLC0415 - a web server, which few commands need
    from solely.web.server import reserve  # noqa: PLC0415

    found = _directory(directory)
    settings = serve_settings_in(found)
    if compartment is None:
        with reserve(settings.listen.port, settings.listen.host) as place:
            serve_trial(found, settings, place, lambda: _say(settings.listen.host, place.getsockname()[1]))
        return
    if compartment not in ACCOUNTS:
        raise BadInput("there is no such compartment", where="--compartment", cure=f"one of: {', '.join(ACCOUNTS)}")
    (one,) = (one for one in places(found, settings, apart=False) if one.name == compartment)
    with reserve(one.port, one.host) as place:
        serve_one(found, compartment, settings, place, lambda: _say(one.host, place.getsockname()[1]))


def _directory(named: Path | None) -> Path:
    found = named or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    return found.absolute()


def _say(host: str, port: int) -> None:
    OUT.print(f"Serving http://{host}:{port} until Ctrl-C.", markup=False, highlight=False)
