"""`solely keys …`: what keys there are, rotated, resealed, destroyed, wrapped anew; and the drill."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from solely import app as application
from solely.app import keys
from solely.app.drill import drill
from solely.cli.terminal import OUT, QUIET, Dir, Json, answer, busy, many, open_directory, progress
from solely.errors import NotFound, Tampered
from solely.keys import Use
from solely.keys.settings import WrapName

__all__ = ["keys_cli"]

keys_cli = typer.Typer(**QUIET, help="Keys: their state, rotation, destruction, how files are wrapped, the drill.")

Purpose = Annotated[str, typer.Argument(metavar="PURPOSE", help="A purpose of the policy, or passwords.")]
Kind = Annotated[
    Use, typer.Argument(metavar="USE", help="seal or token, as its compartment uses keys; of passwords: pepper.")
]


@keys_cli.command("status")
def keys_status(directory: Dir = None, json_: Json = False) -> None:
    """Every key that is held, and how many rows need it."""
    with open_directory(directory) as solely:
        states = keys.status(solely.parts)

    def show() -> None:
        table = Table(box=None, pad_edge=False)
        for name, where in (("purpose", "left"), ("use", "left"), ("key", "right"), ("", "left"), ("rows", "right")):
            table.add_column(name, justify="right" if where == "right" else "left")
        for one in states:
            table.add_row(one.purpose, one.use, str(one.number), "primary" if one.primary else "old", f"{one.rows:,}")
        OUT.print(table)

    answer(json_, {"keys": [asdict(one) for one in states]}, show)


@keys_cli.command("rotate")
def keys_rotate(purpose: Purpose, use: Kind, directory: Dir = None, json_: Json = False) -> None:
    """Give a purpose a new primary key, at once and for all processes. Its rows are moved by `reseal`.

    A password goes to the new pepper when it is next right.
    """
    with open_directory(directory) as solely:
        number = keys.rotate(solely.parts, purpose, use)
    content = {"purpose": purpose, "use": use, "primary": number}
    after = "Each goes to it when it is next right." if use == "pepper" else "Next: solely keys reseal."
    answer(json_, content, lambda: OUT.print(f"{purpose}: key {number} is the primary. {after}"))


@keys_cli.command("reseal")
def keys_reseal(
    purpose: Annotated[str | None, typer.Argument(metavar="[PURPOSE]", help="One purpose; else all.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Move rows to the primary key while everything goes on. Ended in between, it is done by doing it again."""
    with open_directory(directory) as solely, progress("moving rows", json_) as told:
        purposes = [purpose] if purpose else sorted(solely.policy.purposes)
        done = {one: keys.reseal(solely.parts, one, told) for one in purposes}
    moved = sum(done.values())
    answer(json_, {"moved": moved, "purposes": done}, lambda: OUT.print(f"{many(moved, 'row')} moved."))


@keys_cli.command("destroy")
def keys_destroy(
    purpose: Purpose,
    use: Kind,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The key; `status` has them.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Destroy an old key that no row needs, for good. What lies under it in old backups opens no more."""
    with open_directory(directory) as solely:
        keys.destroy(solely.parts, purpose, use, number)
    content = {"purpose": purpose, "use": use, "destroyed": number}
    answer(json_, content, lambda: OUT.print(f"{purpose}: key {number} is destroyed."))


@keys_cli.command("rewrap")
def keys_rewrap(
    to: Annotated[WrapName, typer.Option("--to", help="none, passphrase, aws-kms or vault.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Wrap every key file anew, each whole or as it was; keys.toml says so from then on."""
    with open_directory(directory) as solely, busy("wrapping key files", json_):
        names = keys.rewrap(solely.parts, to)
    answer(json_, {"wrap": to, "files": names}, lambda: OUT.print(f"{many(len(names), 'key file')} wrapped: {to}."))


@keys_cli.command("drill")
def keys_drill(directory: Dir = None, json_: Json = False) -> None:
    """See that every key file opens, and that its keys are those of the data. Changes nothing; exit 6 if one fails."""
    found = directory or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    checks = drill(found.absolute())

    def show() -> None:
        table = Table(box=None, pad_edge=False)
        for name in ("key file", "wrap", "check", "outcome"):
            table.add_column(name)
        for one in checks:
            table.add_row(one.file, one.wrap, one.check, one.outcome)
        OUT.print(table)

    answer(json_, {"checks": [asdict(one) for one in checks]}, show)
    if any(not one.passed for one in checks):
        raise typer.Exit(Tampered.exit_code)
