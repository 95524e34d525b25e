"""`solely held`: what is held of a person, for what, under which words, until when, and who used it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table

from solely.answer.rights import held as rights
from solely.answer.rights.opening import PERSON
from solely.answer.rights.told import holding
from solely.app.principals import By
from solely.app.rights import held as look
from solely.app.solely import Solely
from solely.cli.principal_io import Key, asking
from solely.cli.terminal import OUT, Dir, Json, answer, busy, open_directory
from solely.principal import Operator

__all__ = ["held"]


def held(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """All that is held of a person, for that person. Contacts under seal are opened to be shown masked.

    By an officer's key, for that officer, while a break-glass about the person is open.
    """
    with open_directory(directory) as solely, busy("looking", json_):
        found = look(solely.parts, subject, by=_by(asking(solely, key_file), solely, subject))
    answer(json_, holding(found), lambda: _show(found))


def _by(asks: By, solely: Solely, subject: str) -> str:
    """In whose name it is looked at: the person's, in a session the platform vouches for, or an officer's by leave."""
    if isinstance(asks, Operator):
        return PERSON
    asks.require("read")
    solely.parts.disclosures.require_look(asks, subject)
    return asks.title if asks.kind == "officer" else PERSON


def _show(found: rights.Holding) -> None:
    for place, one in enumerate(found.givings, 1):
        OUT.print(f"{place}  {one.giving.purpose}", style="bold", markup=False, highlight=False)
        _fields(_said(one))
        if one.notice is not None:
            OUT.print(Padding(one.notice.text, (0, 2, 0, 5)), markup=False, highlight=False, style="italic")
        OUT.print()
    OUT.print("Two-step verification", style="bold")
    factors = [(one.kind, f"{one.name}, {one.state}, since {_time(one.created_at)}") for one in found.factors]
    devices = [("device", f"{one.name}, trusted until {_time(one.expires_at)}") for one in found.devices]
    _fields([*factors, *devices] or [("", "none")])
    OUT.print()
    OUT.print("Marketing", style="bold")
    objects = [name for name, one in found.chosen.standing.items() if one.objects]
    _fields([("objected to", ", ".join(objects) or "nothing")])


def _said(one: rights.Given) -> list[tuple[str, str]]:
    giving, purpose = one.giving, one.purpose
    told = [("giving", str(giving.giving))]
    if purpose is not None:
        basis = f"{purpose.legal_basis}, explicit" if purpose.explicit_consent else purpose.legal_basis
        told += [("for", purpose.description), ("basis", basis), ("kept by", purpose.compartment)]
        told += [("elsewhere", f"{purpose.fideslang}, dpv:{purpose.dpv}")]
    told += [(giving.kind, one.contact or one.why_not), ("given", f"{_time(giving.given_at)}, {one.how}")]
    told.append(("until", _until(one)))
    uses = [f"{_time(act.at)} {act.what} by {act.by}" for act in one.used]
    told.append(("used", "\n".join(uses) or "never"))
    told.append(("words", f"{giving.purpose}/{giving.notice}" + (f" ({one.notice.language}):" if one.notice else "")))
    return told


def _until(one: rights.Given) -> str:
    giving = one.giving
    if one.state != "stands":
        return f"{one.state} {_time(giving.ended_at or giving.expires_at)}, by {one.ended_by}"
    return "you withdraw" if giving.expires_at is None else _time(giving.expires_at)


def _fields(pairs: list[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(min_width=12, no_wrap=True)
    table.add_column()
    for name, value in pairs:
        table.add_row(f"  {name}", value)
    OUT.print(table, markup=False, highlight=False)


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
