"""`solely audience …`: audiences, for the officer."""

from __future__ import annotations

from typing import Annotated

import typer

from solely.cli.principal_io import Key, asking
from solely.cli.terminal import QUIET, Advertiser, Dir, Json, answer, open_directory

__all__ = ["audience_cli"]

audience_cli = typer.Typer(**QUIET, help="Audiences, for the officer.")


@audience_cli.command("members")
def audience_members(
    name: Annotated[str, typer.Argument(metavar="N", help="The audience's name.")],
    advertiser: Advertiser,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """The subjects of an audience, for the officer alone: a disclosure, in the ledger before it is made."""
    with open_directory(directory) as solely:
        subjects = solely.parts.disclosures.members(asking(solely, key_file), advertiser, name)
    answer(json_, {"subjects": subjects}, lambda: print(*subjects, sep="\n"))  # noqa: T201 - one a line
