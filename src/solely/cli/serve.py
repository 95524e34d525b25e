"""`solely serve`: the service, as one process for a trial, as one compartment, or as all of them apart."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from solely import app as application
from solely.app.serve_settings import ServeSettings, serve_settings_in
from solely.app.serving.place import ACCOUNTS, places, url
from solely.cli.terminal import OUT, Dir
from solely.errors import BadInput, NotFound

__all__ = ["serve"]


def serve(
    compartment: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"One alone: {', '.join(ACCOUNTS)}.", show_default=False)
    ] = None,
    split: Annotated[bool, typer.Option("--split", help="Each compartment by a process of its own.")] = False,
    handed: Annotated[int | None, typer.Option(hidden=True, help="The number of a socket that is listened at.")] = None,
    directory: Dir = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM: all compartments in one process, for a trial; where and how, solely.toml says."""
    from solely.web import process  # noqa: PLC0415 - a web server, which few commands need
    from solely.web.server import reserve  # noqa: PLC0415

    found = _directory(directory)
    _check(compartment, split)
    settings = serve_settings_in(found)
    host, port = settings.listen.host, settings.listen.port
    if split:
        process.serve_split(found, settings, _say_all)
    elif compartment is None:
        with reserve(port, host) as place:
            process.serve_trial(found, settings, place, lambda: _say(settings, place))
    elif handed is not None:
        with socket.socket(fileno=handed) as place:
            process.serve_supervised(found, compartment, settings, place)
    else:
        with reserve(_port(found, settings, compartment), host) as place:
            process.serve_one(found, compartment, settings, place, lambda: _say(settings, place))


def _directory(named: Path | None) -> Path:
    found = named or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    return found.absolute()


def _check(compartment: str | None, split: bool) -> None:
    if compartment is not None and split:
        raise BadInput("one compartment, or each by its own process", where="--split", cure="leave one of them out")
    if compartment is not None and compartment not in ACCOUNTS:
        raise BadInput("there is no such compartment", where="--compartment", cure=f"one of: {', '.join(ACCOUNTS)}")


def _port(directory: Path, settings: ServeSettings, compartment: str) -> int:
    return next(one.port for one in places(directory, settings, apart=False) if one.name == compartment)


def _say(settings: ServeSettings, place: socket.socket) -> None:
    OUT.print(f"Serving {url(settings, place.getsockname()[1])} until Ctrl-C.", markup=False, highlight=False)


def _say_all(at: Mapping[str, str]) -> None:
    for name, where in at.items():
        OUT.print(f"{name:12} {where}", markup=False, highlight=False)
    OUT.print("Serving until Ctrl-C.", markup=False, highlight=False)
