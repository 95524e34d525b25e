"""`solely preferences`: what a person chose about marketing; and an objection lifted by that person."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer
from rich.table import Table

from solely.answer.rights.told import choices as told_choices
from solely.app.rights import allow_again, chosen
from solely.cli.terminal import OUT, Dir, Json, answer, open_directory
from solely.errors import BadInput
from solely.give.choosing import Chosen
from solely.preference import ALL, Preference, Standing

__all__ = ["preferences"]

_SOURCES = {"person": "the person", "gpc": "their browser's signal"}


def preferences(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    allow: Annotated[
        str | None, typer.Option(metavar="PURPOSE", help="They lift their objection to this.", show_default=False)
    ] = None,
    told: Annotated[bool, typer.Option("--told", help="They know that their browser signals otherwise.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """What a person chose about marketing, and what that comes to for each purpose."""
    if told and allow is None:
        raise BadInput("it goes with --allow", where="--told")
    with open_directory(directory) as solely:
        lifted = allow_again(solely.parts, subject, allow, told=told) if allow is not None else None
        found = chosen(solely.parts, subject)
    content = {"subject": subject.strip(), **told_choices(found)} | ({} if lifted is None else {"lifted": lifted})
    answer(json_, content, lambda: _show(found, lifted))


def _show(found: Chosen, lifted: bool | None) -> None:
    if lifted is not None:
        OUT.print("The objection is lifted." if lifted else "No objection stood.")
    table = Table("purpose", "stands", "since (UTC)", "by", box=None, pad_edge=False)
    for name, one in found.standing.items():
        table.add_row(name, _word(one), _time(one.since), "" if one.since is None else _SOURCES[one.since.source])
    OUT.print(table)
    if found.history:
        OUT.print()
        table = Table("entry", "when (UTC)", "choice", "for", "by", box=None, pad_edge=False)
        for choice in found.history:
            name = "all marketing" if choice.purpose == ALL else choice.purpose
            table.add_row(str(choice.entry), _time(choice), choice.choice, name, _SOURCES[choice.source])
        OUT.print(table)


def _word(one: Standing) -> str:
    return "objection" if one.objects else ("objection lifted" if one.since else "no objection")


def _time(one: Preference | None) -> str:
    return "" if one is None else f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M}"
