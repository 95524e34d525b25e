"""`solely assurance`: clause by clause, what is shown here, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from solely.answer.assurance import Answered, Assurance, Status
from solely.answer.assurance_document import document, numbers
from solely.answer.document import write
from solely.answer.document.write import check
from solely.app.assurance import assure
from solely.cli.terminal import OUT, Dir, Json, answer, busy, many, open_directory

__all__ = ["assurance"]

_STYLES: dict[Status, str] = {"shown": "green", "partly": "yellow", "not built": "red", "organisation": "cyan"}


def assurance(
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write it to a file: .html, .pdf or .txt.")
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """What laws and orders demand, what answers it here, and this directory's figures. Verifies the ledger first."""
    if report is not None:
        check(report)
    with busy("verifying the ledger", json_), open_directory(directory) as solely:
        made = assure(solely)
    if report is not None:
        write(document(made), report)
    answer(json_, made.as_json(), lambda: _show(made, report))


def _show(made: Assurance, report: Path | None) -> None:
    for law, answers in made.laws:
        OUT.print(Text(law.name, style="bold"))
        OUT.print(Padding(Text(law.note, style="dim"), (0, 0, 1, 0)))
        for one in answers:
            OUT.print(_head(one))
            OUT.print(Padding(_body(one), (0, 0, 1, 2)))
    proven = made.verified
    counted = ", ".join(f"{count:,} {status}" for status, count in made.statuses().items())
    _say(f"{counted}.")
    _say(
        f"Verified: {proven.size:,} in the ledger, {many(proven.checkpoints, 'signed head')}; root {proven.root.hex()}"
    )
    rest = "the tests by name, and the register of processing"
    _say(f"{report} has {rest}." if report else f"--report FILE or --json: {rest}.")


def _head(one: Answered) -> Table:
    head = Table.grid(expand=True)
    head.add_column(overflow="fold")
    head.add_column(justify="right", no_wrap=True)
    title = Text.assemble((one.clause.place, "bold"), "  ", one.clause.title)
    head.add_row(title, Text(one.clause.status, style=_STYLES[one.clause.status]))
    return head


def _body(one: Answered) -> Table:
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(style="dim", no_wrap=True)
    body.add_column(overflow="fold")
    before = ""
    for label, text in _lines(one):
        body.add_row("" if label == before else label, Text(text))
        before = label
    return body


def _lines(one: Answered) -> Iterator[tuple[str, str]]:
    clause = one.clause
    yield "demands", clause.demands
    if clause.answered_by:
        yield "answer", ", ".join(clause.answered_by)
    if clause.tests:
        yield "tests", many(len(clause.tests), "test")
    for each in one.figures:
        yield "figures", f"{each.what}: {numbers(each)}"
    if clause.missing:
        yield "missing", clause.missing
    yield "source", clause.known_from


def _say(text: str) -> None:
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)
