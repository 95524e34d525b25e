"""`solely uses`: all that was done with one person's contacts, with the proofs of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from solely.answer.uses import Act
from solely.app.uses import Shown
from solely.cli.terminal import OUT, Dir, Json, answer, busy, many, open_directory
from solely.store.registry import Held

__all__ = ["uses"]

_LEFT_OUT = frozenset(
    {"upload", "number", "rows", "usable", "question", "piece", "people"}
)  # of an entry's details: they say nothing to a person


def uses(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    receipts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a proof of each act here.", show_default=False)
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """All that was done with a person's contacts: when, for what, by whom, through which giving."""
    with open_directory(directory) as solely, busy("looking through the ledger", json_):
        shown = solely.uses(subject, receipts=receipts)
    answer(json_, _as_json(shown), lambda: _show(shown, receipts))


def _as_json(shown: Shown) -> dict[str, Any]:
    acts = []
    for place, act in enumerate(shown.uses.acts):
        acts.append(
            {
                "sequence": act.sequence,
                "at": act.at.isoformat(),
                "what": act.what,
                "purpose": act.purpose,
                "by": act.by,
                "giving": None if act.giving is None else str(act.giving),
                "details": dict(act.details),
            }
            | _files(shown, place)
        )
    return {"subject": shown.uses.subject, "givings": [_giving(one) for one in shown.uses.givings], "acts": acts}


def _files(shown: Shown, place: int) -> dict[str, str]:
    if not shown.files:
        return {}
    entry, member = shown.files[place]
    return {"receipt": str(entry), "member": str(member)}


def _giving(one: Held) -> dict[str, Any]:
    return {
        "giving": str(one.giving),
        "purpose": one.purpose,
        "kind": one.kind,
        "notice": one.notice,
        "given_at": one.given_at.astimezone(UTC).isoformat(),
        "expires_at": None if one.expires_at is None else one.expires_at.astimezone(UTC).isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.astimezone(UTC).isoformat(),
    }


def _show(shown: Shown, receipts: Path | None) -> None:
    names = {one.giving: f"{place}" for place, one in enumerate(shown.uses.givings, 1)}
    table = Table("", "given for", "kind", "notice", "given", "until", box=None, pad_edge=False)
    for one in shown.uses.givings:
        table.add_row(names[one.giving], one.purpose, one.kind, one.notice, _time(one.given_at), _until(one))
    OUT.print(table)
    OUT.print()
    table = Table("entry", "when (UTC)", "what", "for", "giving", "by", box=None, pad_edge=False)
    for column in table.columns:
        column.no_wrap = column.header != "by"
    for act in shown.uses.acts:
        through = _through(act.giving, names)
        table.add_row(str(act.sequence), _time(act.at), act.what, act.purpose or "", through, _by(act))
    OUT.print(table)
    if receipts is not None:
        OUT.print(f"{many(len(shown.files), 'proof')} in {receipts}.", highlight=False, markup=False)


def _by(act: Act) -> str:
    """Who did it, and what the entry says of it."""
    said = [f"{name} {value}" for name, value in act.details.items() if name not in _LEFT_OUT]
    return ", ".join([act.by, *said])


def _through(giving: UUID | None, names: Mapping[UUID, str]) -> str:
    return "" if giving is None else names[giving]


def _until(one: Held) -> str:
    if one.ended_at is not None:
        return f"ended {_time(one.ended_at)}"
    return "you withdraw" if one.expires_at is None else _time(one.expires_at)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
