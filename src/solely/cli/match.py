"""`solely match`: reads a customer list and matches it, or only reports on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from solely.app.files import validate
from solely.audiences.lists import CURES, ListReport
from solely.cli.terminal import OUT, Advertiser, Dir, Json, answer, open_directory, progress, rejects_file
from solely.errors import BadInput

__all__ = ["match"]


def match(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="CSV, TXT, TSV, XLSX or Parquet; gzip too.")],
    advertiser: Advertiser,
    audience: Annotated[str, typer.Option(help="The audience's name.")],
    purpose: Annotated[str, typer.Option(help="What for: tailored-audiences or partner-audiences.")] = (
        "tailored-audiences"
    ),
    partner: Annotated[str | None, typer.Option(help="The data partner who brings the list, if one does.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Where national phone numbers are from (ISO 3166, as DE).")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column means, as 2=phone; see docs/lists.md.", metavar="N=MEANING")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write unusable rows here: row, line, reason.")] = None,
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Read and report; match nothing.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Match a customer list: only contacts given for that purpose are met."""
    columns = _columns(column or [])
    with rejects_file(rejects) as out, progress("reading", json_) as advance:
        options: dict[str, Any] = {"country": country, "columns": columns, "rejects": out, "progress": advance}
        if validate_only:
            report, status, entry = validate(file, **options), None, None
        else:
            with open_directory(directory) as solely:
                matched = solely.match(file, advertiser, audience, purpose, partner=partner, **options)
            report, status, entry = matched.report, matched.status, matched.ledger
    content = {**_report(report), "status": status, "ledger": entry}
    answer(json_, content, lambda: _show_report(report, status, entry))


def _columns(options: list[str]) -> dict[int, str]:
    columns = {}
    for option in options:
        number, _, meaning = option.partition("=")
        if not number.isdecimal() or not meaning:
            raise BadInput("a column is set as NUMBER=MEANING", where="--column", cure="for example --column 2=phone")
        columns[int(number)] = meaning
    return columns


def _report(report: ListReport) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "usable": report.usable,
        "unusable": dict(report.unusable),
        "columns": [
            {"number": one.number, "header": one.header, "meaning": one.meaning, "by": one.by} for one in report.columns
        ],
        "format": report.format,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "header": report.header,
    }


def _show_report(report: ListReport, status: str | None, entry: int | None) -> None:
    OUT.print(f"{report.rows:,} rows, {report.usable:,} usable ({report.format}, {report.encoding}).", highlight=False)
    table = Table("column", "header", "read as", "told by", box=None, pad_edge=False)
    for one in report.columns:
        table.add_row(str(one.number), one.header or "", one.meaning, one.by)
    OUT.print(table)
    for reason, rows in sorted(report.unusable.items()):
        OUT.print(f"  {rows:,} unusable: {reason} ({CURES[reason]})", highlight=False)
    if status is not None:
        OUT.print(f"Audience {status}; use {entry} in the ledger.", highlight=False)
