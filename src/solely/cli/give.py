"""`solely give`, `solely withdraw`: record givings, and end them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from solely.cli.terminal import OUT, Dir, Json, answer, many, open_directory, progress, rejects_file
from solely.consent import CURES
from solely.give import Given

__all__ = ["give", "withdraw"]

_SHOWN = 10  # refused rows shown in a terminal


def give(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: subject,kind,value,purpose,notice,given_at,withdrawn_at.")
    ],
    notices: Annotated[Path | None, typer.Option(help="PURPOSE/VERSION.txt; default: notices/ beside FILE.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write refused rows here: row, reason.")] = None,
    imported: Annotated[
        str | None, typer.Option("--import", help="The import's name; default: the time and something random.")
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Record a file of givings. Safe to repeat: what is recorded is not doubled."""
    refused: list[tuple[int, str]] = []
    with open_directory(directory) as solely, rejects_file(rejects) as out, progress("giving", json_) as advance:
        writer = csv.writer(out) if out else None
        if writer:
            writer.writerow(["row", "reason"])

        def note(row: int, reason: str) -> None:
            if writer:
                writer.writerow([row, reason])
            if len(refused) < _SHOWN or json_:
                refused.append((row, reason))

        given = solely.give_file(
            file, notices, imported=imported, on_refused=note, on_progress=lambda so_far: advance(so_far.rows)
        )
    content = {
        "rows": given.rows,
        "given": given.given,
        "known": given.known,
        "ended": given.ended,
        "import": given.imported,
        "refused": dict(given.refused),
        "refused_rows": [{"row": row, "reason": reason} for row, reason in refused],
    }

    answer(json_, content, lambda: _show(given, refused))


def _show(given: Given, refused: list[tuple[int, str]]) -> None:
    OUT.print(f"{many(given.rows, 'row')}: {given.given:,} given, {given.known:,} known before, {given.ended:,} ended.")
    if given.given:
        OUT.print(f"Import {given.imported}.", highlight=False)
    for reason, rows in sorted(given.refused.items()):
        OUT.print(f"  refused {rows:,}: {reason} ({CURES[reason]})", highlight=False)
    for row, reason in refused[:_SHOWN]:
        OUT.print(f"    row {row}: {reason}", highlight=False)


def withdraw(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    purpose: Annotated[str, typer.Option(help="What for: a purpose of policy.toml.")],
    kind: Annotated[str | None, typer.Option(help="email or phone; default: both.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """End a subject's givings for a purpose, at once, in existing audiences too."""
    with open_directory(directory) as solely:
        ended = solely.withdraw(subject, purpose, kind)
    answer(json_, {"ended": ended}, lambda: OUT.print(f"{many(ended, 'giving')} ended." if ended else "Nothing stood."))
