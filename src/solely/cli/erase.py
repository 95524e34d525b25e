"""`solely erase`: a person is forgotten, in every compartment, at once and for good."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from solely.cli.terminal import ERR, OUT, Dir, Json, answer, open_directory
from solely.errors import BadInput

__all__ = ["erase"]


def erase(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it can't be undone.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Erase a person: their contacts, their factors, and whose what was done with them was. It can't be undone."""
    if not yes and not _confirmed():
        raise BadInput("nothing was erased", where="--yes", cure="it can't be undone: say --yes where you mean it")
    with open_directory(directory) as solely:
        solely.erase(subject)
    answer(json_, {"erased": True}, lambda: OUT.print("Erased."))


def _confirmed() -> bool:
    if not (sys.stdin.isatty() and ERR.is_terminal):
        return False
    return typer.confirm("Erase this person for good?", err=True)
