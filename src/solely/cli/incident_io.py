"""What the commands of `solely incident` share: their options, what is read from them, how an incident is shown."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from solely.answer.incidents import Deadline, Incident, in_words
from solely.answer.question import Question
from solely.app import Solely
from solely.cli.terminal import OUT, many
from solely.cli.verify_io import fields, say, time_text
from solely.consent import read_time
from solely.errors import BadInput
from solely.store.ledger import Concern
from solely.store.notified import Progress

__all__ = [
    "Id",
    "Names",
    "Officer",
    "When",
    "Why",
    "concerns",
    "incident_json",
    "progress_json",
    "question",
    "show_incident",
    "show_incidents",
    "show_progress",
    "time",
    "write_lines",
    "yes_or_no",
]

What = Literal["advertiser", "audience", "partner", "purpose"]
Id = Annotated[str, typer.Argument(metavar="ID", help="The incident; `list` has them.")]
Officer = Annotated[str, typer.Option(metavar="NAME", help="Who does this, and answers for it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, in a sentence.")]
When = Annotated[str | None, typer.Option(metavar="TIME", help="As 2026-05-31T12:00:00Z.", show_default=False)]
Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="May be repeated.", show_default=False)]


def time(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)


def yes_or_no(text: str | None, where: str) -> bool | None:
    if text not in {None, "yes", "no"}:
        raise BadInput("yes or no?", where=where)
    return None if text is None else text == "yes"


def question(parts: Mapping[str, Any]) -> Question | None:
    """The question that the options ask; None where they ask nothing."""
    asked = {name: value for name, value in parts.items() if value}
    if not asked:
        return None
    times = {name: time(asked[name]) for name in ("since", "until") if name in asked}
    named = {name: value for name, value in asked.items() if name not in times}
    if "givings" in named:
        named["givings"] = named["givings"].read_text(encoding="utf-8").split()
    return Question.from_json(named | {name: at.isoformat() for name, at in times.items() if at})


def concerns(
    named: Mapping[Literal["advertiser", "audience", "partner", "purpose"], list[str] | None],
) -> list[Concern]:
    """What is to be stopped or released."""
    return [Concern(what, name) for what, names in named.items() for name in names or ()]


def incident_json(one: Incident, deadlines: Sequence[Deadline] = ()) -> dict[str, Any]:
    return {
        "incident": one.id,
        "version": one.version,
        "state": one.state,
        "title": one.title,
        "officer": one.officer,
        "noticed_at": one.noticed_at.isoformat(),
        "people": one.people,
        "question": one.question,
        "stopped": [[stop.what, stop.name] for stop in one.stops],
        "decisions": {what.what: what.answer for what in one.decisions},
        "due": [
            {
                "rule": each.rule.name,
                "source": each.rule.source,
                "standing": each.standing,
                "due": each.due.isoformat() if each.due else None,
                "met_at": each.met_at.isoformat() if each.met_at else None,
            }
            for each in deadlines
        ],
    }


def show_incident(solely: Solely, one: Incident) -> None:
    say(f"Incident {one.id}: {one.title}")
    people = "not counted yet" if one.people is None else f"{one.people:,}"
    in_force = sorted({*one.stops, *solely.incidents.stopped(one.id)})  # also of a version that a kill took
    stopped = ", ".join(f"{stop.what} {stop.name}" for stop in in_force)
    fields(
        {
            "state": f"{one.state} (version {one.version}, by {one.officer}, {time_text(one.at)})",
            "noticed": time_text(one.noticed_at),
            "people affected": people,
            "stopped": stopped or "nothing",
            **_decided(one),
        }
    )
    _show_clocks(solely.incidents.deadlines(one))
    progress = solely.incidents.progress(one.id)
    if progress.people:
        show_progress(progress)


def _decided(one: Incident) -> dict[str, str]:
    found = ((what, one.decided(what)) for what in ("breach", "authority", "people"))
    words = {"breach": "is it a breach", "authority": "tell the authority", "people": "tell the people"}
    return {words[what]: ("yes" if made.answer else "no") if made else "not decided" for what, made in found}


def _show_clocks(deadlines: Iterable[Deadline]) -> None:
    for one in deadlines:
        say(f"{one.rule.name} ({one.rule.source}):")
        OUT.print(Padding(Text(in_words(one), "bold red" if one.late else ""), (0, 0, 0, 2)))


def show_incidents(solely: Solely, every: Sequence[Incident]) -> None:
    if not every:
        say("No incidents.")
        return
    table = Table("incident", "state", "people", "late", "title", box=None, pad_edge=False)
    for one in every:
        late = [each.rule.name for each in solely.incidents.deadlines(one) if each.standing == "overdue"]
        people = "?" if one.people is None else f"{one.people:,}"
        table.add_row(one.id, one.state, people, Text(", ".join(late), "bold red"), Text(one.title))
    OUT.print(table, highlight=False)


def progress_json(one: Progress) -> dict[str, Any]:
    counts: dict[str, Any] = {state: count for state, count in one.states.items()}  # noqa: C416 - as str, not as State
    return counts | {"next_at": one.next_at.isoformat() if one.next_at else None}


def show_progress(one: Progress) -> None:
    say(f"Of {many(one.people, 'person').replace('persons', 'people')} to be told:")
    fields({state: f"{count:,}" for state, count in one.states.items() if count})
    if one.states["waiting"] and one.next_at:
        say(f"The next is due {time_text(one.next_at)}: run notify again then.")
    if one.states["unknown"]:
        say("Of the unknown a message may have arrived: they are not told again unless you say --again unknown.")


def write_lines(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file that takes its place when it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(itertools.chain([header], rows))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
