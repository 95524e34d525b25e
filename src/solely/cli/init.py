"""`solely init`: makes a data directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely import app as application
from solely.cli.terminal import OUT, Json, answer, busy

__all__ = ["init"]


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make it; a new or empty directory.")],
    policy: Annotated[Path | None, typer.Option(help="A policy.toml; default: the shipped one.")] = None,
    keys: Annotated[Path | None, typer.Option(help="A keys.toml, which says what wraps the key files.")] = None,
    owner_password: Annotated[
        Path | None, typer.Option(help="With SOLELY_DATABASE_HOST: a file with the password of that server's postgres.")
    ] = None,
    json_: Json = False,
) -> None:
    """Make a data directory: policy, keys, database, ledger."""
    with busy("making keys and database", json_):
        made = application.init(directory, policy or application.SHIPPED_POLICY, keys, owner_password)

    def show() -> None:
        OUT.print(f"Made {directory}: {len(made.purposes)} purposes, a key file and a role for each compartment.")
        if not application.is_wrapped(directory):
            OUT.print("The key files are not wrapped: for more than a trial see docs/keys.md.")

    answer(json_, {"directory": str(directory), "purposes": sorted(made.purposes), "policy": made.digest}, show)
