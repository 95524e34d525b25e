"""`solely doctor`: what is set, and what of it is not for production."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from solely import app as application
from solely.app.doctor import Report, examine
from solely.cli.terminal import OUT, Dir, Json, answer, busy, many
from solely.errors import NotFound

__all__ = ["BAD", "doctor"]

BAD = 8  # the exit code where something is bad
_COLOURS = {"ok": "green", "warn": "yellow", "bad": "bold red"}


def doctor(directory: Dir = None, json_: Json = False) -> None:
    """Print every setting and where it came from, and every unsafe choice with its cure; exit code 8 on bad ones."""
    found = directory or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    with busy("looking", json_):
        report = examine(found)
    content = {
        "bad": report.bad,
        "settings": [asdict(one) for one in report.settings],
        "checks": {name: [asdict(one) for one in findings] for name, findings in report.found.items()},
    }
    answer(json_, content, lambda: _show(report, found))
    if report.bad:
        raise typer.Exit(BAD)


def _show(report: Report, directory: Path) -> None:
    for file in dict.fromkeys(one.file for one in report.settings):
        table = Table(box=None, pad_edge=False, header_style="dim", min_width=60)
        for column in (file, "", ""):
            table.add_column(column, overflow="fold")
        for one in (one for one in report.settings if one.file == file):
            table.add_row(Text(one.name), Text(one.value), Text("" if one.origin == "default" else one.origin))
        OUT.print(table)
        OUT.print()
    for name, findings in report.found.items():
        if not findings:
            OUT.print(Text.assemble(("ok   ", _COLOURS["ok"]), name))
        for found in findings:
            place = f" ({found.where})" if found.where else ""
            OUT.print(Text.assemble((f"{found.level:5}", _COLOURS[found.level]), f"{name}: {found.what}{place}"))
            OUT.print(Text(f"     cure: {found.cure}"))
    warned = sum(one.level == "warn" for findings in report.found.values() for one in findings)
    OUT.print()
    OUT.print(Text(f"{report.bad} bad, {many(warned, 'warning')}: {directory}"))
