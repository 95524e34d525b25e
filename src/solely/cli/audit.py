"""`solely audit`: whom existing audiences reached, read from tables alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from solely.answer.audit import AuditPapers, AuditReport, Days, Epoch, Moments, Tell
from solely.app.audit import audit_tables
from solely.cli.terminal import ERR, OUT, Json, answer
from solely.errors import BadInput

__all__ = ["audit"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)?", re.IGNORECASE)
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_LEAST = 256 * 10**6  # bytes: DuckDB needs some
_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")


class Engine(str, Enum):  # noqa: UP042 - Typer shows its values
    """Who does the work."""

    duckdb = "duckdb"
    spark = "spark"


_Legal = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PURPOSE", help="A lawful purpose, or AIM=PURPOSE,…; may be repeated; default: tailored-audiences."
    ),
]
_From = Annotated[
    datetime | None, typer.Option("--from", formats=_FORMATS, metavar="WHEN", help="Only rows from then on.")
]
_To = Annotated[datetime | None, typer.Option("--to", formats=_FORMATS, metavar="WHEN", help="Only rows before then.")]


def audit(
    contacts: Annotated[str, typer.Option(help="The contacts held: files, folder, or postgresql://…?table=NAME.")],
    audiences: Annotated[str, typer.Option(help="What was matched, for whom and when; likewise.")],
    legal: _Legal = None,
    start: _From = None,
    end: _To = None,
    subjects: Annotated[Path | None, typer.Option(help="Write whom it names: .csv, .parquet or .json.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page to hand on: .html, .pdf or .txt.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a picture of the months: .svg.")] = None,
    contact_column: Annotated[
        list[str] | None, typer.Option(metavar="NAME=COLUMN", help="A contacts column by another name.")
    ] = None,
    audience_column: Annotated[
        list[str] | None, typer.Option(metavar="NAME=COLUMN", help="An audiences column by another name.")
    ] = None,
    days: Annotated[Days | None, typer.Option(help="What a day without a time means.")] = None,
    epoch: Annotated[Epoch | None, typer.Option(help="What a number means that stands for a time.")] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="One more way advertisers hash: reddit, tiktok-suffix, national.")
    ] = None,
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="As 4GB; default: half, at most 8GB.")] = None,
    temp: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it spills what memory can't hold.")] = None,
    engine: Annotated[Engine, typer.Option(help="This machine, or Spark.")] = Engine.duckdb,
    spark: Annotated[str, typer.Option(metavar="URL", help="Spark's master, or sc://HOST.")] = "local[*]",
    json_: Json = False,
) -> None:
    """Whom did existing audiences reach through contacts not given for that? Needs no data directory."""
    papers = AuditPapers(subjects, report, picture)
    with _told(json_) as tell:
        found = audit_tables(
            contacts,
            audiences,
            legal=legal or (),
            rules=rule or (),
            start=_utc(start),
            end=_utc(end),
            moments=Moments(days, epoch),
            contact_columns=_mapping(contact_column or [], "--contact-column"),
            audience_columns=_mapping(audience_column or [], "--audience-column"),
            papers=papers,
            memory_bytes=_bytes(memory),
            temp=temp,
            spark=spark if engine is Engine.spark else None,
            tell=tell,
        )
    answer(json_, found.as_json(), lambda: _show(found, papers))


def _show(found: AuditReport, papers: AuditPapers) -> None:
    table = Table("advertiser", "audience rows", "affected", box=None, pad_edge=False)
    for name, one in found.advertisers.items():
        table.add_row(name, f"{one.audience_rows:,}", f"{one.affected:,}")
    OUT.print(table)
    OUT.print(f"{found.affected:,} people affected in all.", highlight=False)
    if found.broken:
        table = Table("reached through what was given for", "people", box=None, pad_edge=False)
        for purpose, people in sorted(found.broken.items(), key=lambda one: -one[1]):
            table.add_row(purpose, f"{people:,}")
        OUT.print(table)
    if found.outside:
        OUT.print(f"{found.outside:,} audience rows are outside the period.", highlight=False)
    for count, name in ((found.contacts, "contacts"), (found.audiences, "audiences")):
        for reason, rows in sorted(count.unreadable.items()):
            OUT.print(f"  {name}: {rows:,} rows not read: {reason}", highlight=False)
    for path in papers.written():
        OUT.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _told(quiet: bool) -> Iterator[Tell]:
    """A bar on standard error; nothing with --json or where nobody watches."""
    if quiet or not ERR.is_terminal:
        yield lambda _words, _part: None
        return
    columns = (TextColumn("{task.description:<32}"), BarColumn(bar_width=24, pulse_style="cyan"))
    with Progress(*columns, TimeElapsedColumn(), console=ERR, transient=True) as bars:
        task = bars.add_task("reading", total=None)
        yield lambda words, part: bars.update(
            task, description=words, total=None if part is None else 1.0, completed=part or 0
        )


def _mapping(options: list[str], where: str) -> dict[str, str]:
    pairs = [option.partition("=") for option in options]
    if not all(name and column for name, _, column in pairs):
        raise BadInput("a column is named as NAME=COLUMN", where=where, cure="for example subject=user_id")
    return {name: column for name, _, column in pairs}


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _bytes(text: str | None) -> int | None:
    if text is None:
        return None
    size = _SIZE.fullmatch(text.strip())
    if size is None or (found := int(float(size[1]) * _UNITS[(size[2] or "").upper()])) < _LEAST:
        raise BadInput("not a size of memory", where="--memory", cure="write 4GB, or bytes; at least 256MB")
    return found
