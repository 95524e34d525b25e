"""`solely affected`: whose contacts were used as a question says, how many they are, and by whom and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from solely.answer.affected import Counts
from solely.answer.question import Question
from solely.app.affected import Affected
from solely.app.affected_files import check_files, write_counts, write_picture, write_report, write_subjects
from solely.cli.principal_io import Key, asking
from solely.cli.terminal import OUT, Dir, Json, answer, busy, open_directory
from solely.errors import BadInput, NotFound

__all__ = ["affected"]

Many = list[str] | None
_SHOWN = 20  # names of a kind in a terminal


def affected(
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From this time on (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before this time.")] = None,
    advertiser: Annotated[Many, typer.Option(help="Used for this advertiser; may be repeated, as all below.")] = None,
    audience: Annotated[Many, typer.Option(metavar="ADVERTISER/AUDIENCE", help="For this audience.")] = None,
    partner: Annotated[Many, typer.Option(help="Through a list of this partner.")] = None,
    purpose: Annotated[Many, typer.Option(help="For this purpose.")] = None,
    notice: Annotated[Many, typer.Option(metavar="PURPOSE/VERSION", help="Given under this notice.")] = None,
    imported: Annotated[Many, typer.Option("--import", metavar="NAME", help="Given by this import.")] = None,
    software: Annotated[Many, typer.Option(metavar="VERSION", help="By this version of the software.")] = None,
    policy: Annotated[Many, typer.Option(metavar="DIGEST", help="Under this policy: 8 digits or more.")] = None,
    givings: Annotated[Path | None, typer.Option(metavar="FILE", help="Of these givings: an id a line.")] = None,
    incident: Annotated[str | None, typer.Option(metavar="ID", help="What this incident asks; alone.")] = None,
    counts: Annotated[Path | None, typer.Option(metavar="FILE", help="The counts: .csv, .parquet, .json.")] = None,
    subjects: Annotated[Path | None, typer.Option(metavar="FILE", help="The people: .csv, .parquet, .json.")] = None,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Over time, as .svg.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="A report: .html, .pdf, .txt.")] = None,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Exactly the people whose contacts were used so: within an option any of its values, across options all.

    What is told, counts or people, is in the ledger before it is told.
    """
    parts = {
        "since": _time(since, "--from"),
        "until": _time(until, "--to"),
        "advertisers": frozenset(advertiser or ()),
        "audiences": frozenset(audience or ()),
        "partners": frozenset(partner or ()),
        "purposes": frozenset(purpose or ()),
        "notices": frozenset(notice or ()),
        "imports": frozenset(imported or ()),
        "software": frozenset(software or ()),
        "policies": frozenset(policy or ()),
        "givings": _givings(givings),
    }
    alone = _alone(incident, parts)
    check_files(counts, subjects, picture, report)
    with open_directory(directory) as solely, busy("looking who was affected", json_):
        by, there = asking(solely, key_file), solely.parts.disclosures
        asked = there.affected(by, alone) if alone else there.affected_by(by, incident or "")
        found = asked.counts()
        _write(asked, found, counts, picture, report)
        listed = write_subjects(asked.rows(), subjects) if subjects else None
    content = {"question": asked.question.as_json(), **asdict(found)} | ({} if listed is None else {"listed": listed})
    answer(json_, content, lambda: _show(found, listed, subjects))


def _alone(incident: str | None, parts: dict[str, Any]) -> Question | None:
    """What the options ask; None where an incident is to say. Raises BadInput where both do."""
    if incident is None:
        return Question(**parts)
    if any(parts.values()):
        raise BadInput("an incident has its own question", where="--incident", cure="name the incident alone")
    return None


def _write(asked: Affected, found: Counts, counts: Path | None, picture: Path | None, report: Path | None) -> None:
    if counts:
        write_counts(found, counts)
    if picture:
        write_picture(asked.over_time(), picture)
    if report:
        write_report(asked.question, found, asked.over_time(), report)


def _time(text: str | None, where: str) -> datetime | None:
    """A time as typed; without a zone it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("not a time", where=where, cure="write it as 2026-11-01 or 2026-11-01T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _givings(path: Path | None) -> frozenset[UUID]:
    if path is None:
        return frozenset()
    try:
        found = frozenset(UUID(line) for line in path.read_text(encoding="utf-8").split())
    except OSError as error:
        raise NotFound("can't be read", where=str(path), cure="check its name and rights") from error
    except ValueError:
        raise BadInput("not the ids of givings", where=str(path), cure="an id a line, as `solely uses` has") from None
    if not found:
        raise BadInput("no ids in it", where=str(path), cure="leave the option out to ask about all")
    return found


def _show(found: Counts, listed: int | None, path: Path | None) -> None:
    OUT.print(f"{found.people:,} {'person' if found.people == 1 else 'people'} affected.", highlight=False)
    for what, counts in asdict(found).items():
        if isinstance(counts, Mapping) and counts:
            _table(what.removeprefix("by_"), counts)
    if listed is not None:
        OUT.print(f"{listed:,} listed in {path}.", highlight=False, markup=False)


def _table(what: str, counts: Mapping[str, int]) -> None:
    table = Table(what, "people", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for name, count in list(counts.items())[:_SHOWN]:
        table.add_row(name, f"{count:,}")
    OUT.print(table)
    if len(counts) > _SHOWN:
        OUT.print(f"… and {len(counts) - _SHOWN:,} more: --json or --counts FILE has all.", highlight=False)
