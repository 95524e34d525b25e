"""`solely receipt`: the record of one giving, as a person may keep it, and what proves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from solely.app.rights import receipt as make
from solely.cli.terminal import ERR, OUT, Dir, Json, answer, open_directory
from solely.errors import BadInput, Conflict

__all__ = ["receipt"]


def receipt(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    giving: Annotated[str, typer.Argument(metavar="GIVING", help="The giving, as `solely held` names it.")],
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write it here, with its proofs.", show_default=False)
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """The record of a giving as ISO/IEC TS 27560 has it, in JSON-LD; with --to, its proofs too."""
    wanted = _id(giving)
    with open_directory(directory) as solely:
        made = make(solely.parts, subject, wanted)
    if to is not None:
        files = {f"{wanted}.json": made.record, **{name: text.encode() for name, text in made.proofs.items()}}
        _write(to, files)
        content = {"files": [str(to / name) for name in files], "not_stated": list(made.missing)}
        answer(json_, content, lambda: OUT.print(f"{len(files)} files in {to}.", highlight=False, markup=False))
    else:
        answer(json_, json.loads(made.record), lambda: print(made.record.decode(), end=""))  # noqa: T201 - the answer
    if made.missing and not json_:
        ERR.print(f"not stated: {', '.join(made.missing)}; set them in rights.toml", highlight=False, markup=False)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        pass
    raise BadInput("no id of a giving", where="GIVING", cure="take it from: solely held SUBJECT")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any((folder / name).exists() for name in files):
        raise Conflict("files of these names are there already", where=str(folder), cure="name a new folder")
    for name, data in files.items():
        (folder / name).write_bytes(data)
