"""`solely export`: all that is held of a person, in one file for them to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely.app.rights import export as make
from solely.cli.terminal import ERR, OUT, Dir, Json, answer, busy, many, open_directory

__all__ = ["export"]


def export(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new ZIP file.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """All that is held of a person, for that person: data, records, proofs. Contacts under seal are in it whole."""
    with open_directory(directory) as solely, busy("taking it out", json_):
        made = make(solely.parts, subject, to)
    content = {"file": str(made.path), "files": list(made.files), "not_stated": list(made.missing)}
    answer(
        json_, content, lambda: OUT.print(f"{many(len(made.files), 'file')} in {to}.", highlight=False, markup=False)
    )
    if made.missing and not json_:
        ERR.print(f"not stated: {', '.join(made.missing)}; set them in rights.toml", highlight=False, markup=False)
