"""`solely restore`: a directory as it was, but for whom was erased since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solely.app.restore import Newer
from solely.app.restore import restore as restore_backup
from solely.cli.terminal import OUT, Json, answer, many, progress
from solely.errors import BadInput, NotFound

__all__ = ["restore"]


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder that `solely backup` made.")],
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; a new directory.")],
    keys: Annotated[Path, typer.Option(help="Where the backup's keys are.")],
    lost: Annotated[
        Path | None,
        typer.Option(help="What is left of the lost directory: its erasures and last head.", show_default=False),
    ] = None,
    erased: Annotated[Path | None, typer.Option(help="The newest registry/erased.", show_default=False)] = None,
    anchor: Annotated[Path | None, typer.Option(help="The newest ledger/checkpoint.", show_default=False)] = None,
    nothing_newer: Annotated[
        bool, typer.Option("--nothing-newer", help="Nothing newer than the backup is left anywhere.")
    ] = False,
    json_: Json = False,
) -> None:
    """Restore a backup into a new directory; who was erased since stays erased, and the ledger is recomputed."""
    newer = _newer(lost, erased, anchor)
    if (newer == Newer()) != nothing_newer:
        what = "which erasures and which head are the newest?" if not nothing_newer else "it goes with no other"
        cure = "name --lost DIR, or --erased and --anchor; where none of them is left: --nothing-newer"
        raise BadInput(what, where="options", cure=cure)
    with progress("restoring", json_, "bytes and entries") as told:
        done = restore_backup(backup, keys, target, newer, told=told, seen=told)
    content = {
        "directory": str(target),
        "entries": done.entries,
        "made": done.manifest.made,
        "anchored": done.anchored,
        "erasures": done.erasures,
    }

    def show() -> None:
        made = f"{done.manifest.made[:16].replace('T', ' ')} UTC"
        OUT.print(f"Restored: {target}, as it was at {made}.", highlight=False, soft_wrap=True)
        OUT.print(f"Verified: {done.entries:,} in the ledger, {done.anchored:,} under the newest head.")
        OUT.print(f"Erased again: {many(done.erasures, 'erasure')} since.")
        if nothing_newer:
            OUT.print("Whoever was erased after it, and whoever withdrew, is back: nothing that is left says who.")

    answer(json_, content, show)


def _newer(lost: Path | None, erased: Path | None, anchor: Path | None) -> Newer:
    if lost is None:
        return Newer(erased, anchor)
    if not (lost / "ledger" / "checkpoint").is_file():
        cure = "name a data directory, or --erased and --anchor"
        raise NotFound("nothing is left of a directory here", where=str(lost), cure=cure)
    listed = lost / "registry" / "erased"
    return Newer(erased or (listed if listed.exists() else None), anchor or lost / "ledger" / "checkpoint")
