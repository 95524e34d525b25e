"""`solely ledger …`: the proof that nothing in it was changed."""

from __future__ import annotations

import typer

from solely.cli.terminal import OUT, QUIET, Dir, Json, answer, busy, open_directory

__all__ = ["ledger_cli"]

ledger_cli = typer.Typer(**QUIET, help="The ledger.")


@ledger_cli.command("verify")
def ledger_verify(directory: Dir = None, json_: Json = False) -> None:
    """Recompute the whole ledger from its stored bytes; exit code 6 where anything was changed."""
    with busy("recomputing the ledger", json_), open_directory(directory) as solely:
        proven = solely.verify_ledger()
    content = {
        "verified": True,
        "entries": proven.size,
        "root": proven.root.hex(),
        "checkpoints": proven.checkpoints,
        "covered": proven.covered,
        "anchored": proven.anchored,
    }
    answer(
        json_,
        content,
        lambda: OUT.print(
            f"Verified: {proven.size:,} in the ledger, {proven.checkpoints:,} signed heads; root {proven.root.hex()}",
            highlight=False,
            soft_wrap=True,
        ),
    )
