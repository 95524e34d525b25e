"""What `solely principal` and `solely approval` share: options, who asks by which key, how a key is shown once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from solely.app.principals import By, NewKey, Principals, open_principals
from solely.app.solely import Solely
from solely.cli.terminal import ERR, OUT, answer, open_directory
from solely.cli.verify_io import time_text
from solely.errors import BadInput, NotFound
from solely.principal import HOMES, Agreement, Home, Operator, Principal
from solely.store.approvals import Approval
from solely.store.principals import KeyRow, PrincipalRow

__all__ = [
    "Compartment",
    "Key",
    "Life",
    "Name",
    "Opened",
    "agreement_json",
    "approval_json",
    "as_principal",
    "asking",
    "days",
    "iso",
    "key_json",
    "opened",
    "principal_json",
    "show_key",
    "told",
]

Name = Annotated[str, typer.Argument(metavar="NAME", help="The principal; `list` has them.")]
Compartment = Annotated[str, typer.Option(metavar="C", help=f"One of: {', '.join(HOMES)}.")]
Key = Annotated[
    Path | None,
    typer.Option(
        "--key-file", metavar="FILE", help="Act as who has that key, not as the operator; - is standard input."
    ),
]
Life = Annotated[int, typer.Option("--days", min=1, help="How long the new key lives.")]
_MOST = 4_096  # bytes: more than any key or token

Opened = tuple[Solely, Principals, By]


@contextmanager
def opened(directory: Path | None, compartment: str, key_file: Path | None) -> Iterator[Opened]:
    """The principals of a compartment, and who asks: whose key it is, else the operator."""
    home = _home(compartment)
    with open_directory(directory) as solely:
        there = open_principals(solely.parts, home, _announce)
        yield solely, there, Operator() if key_file is None else there.authenticate(_first_line(key_file))


def asking(solely: Solely, key_file: Path | None) -> By:
    """Who asks the registry: whose key it is, else the operator."""
    return Operator() if key_file is None else solely.parts.disclosures.principals.authenticate(_first_line(key_file))


def as_principal(by: By) -> Principal:
    """Who asks, where the operator can't: what takes two officers. Raises BadInput."""
    if isinstance(by, Principal):
        return by
    raise BadInput("an officer does this, by their own key", where="--key-file", cure="name the file that has the key")


def _home(name: str) -> Home:
    for home in HOMES:
        if home == name:
            return home
    raise BadInput("no such compartment", where="--compartment", cure=f"one of: {', '.join(HOMES)}")


def _first_line(path: Path) -> str:
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.readline(_MOST)
        else:
            with path.open("rb") as file:
                data = file.readline(_MOST)
    except OSError as error:
        raise NotFound("can't be read", where=str(path), cure="check its name and rights") from error
    return data.decode(errors="replace").strip()


def _announce(words: str) -> None:
    ERR.print(f"solely: {words}", style="bold red", markup=False, highlight=False, soft_wrap=True)


def days(number: int) -> timedelta:
    return timedelta(days=min(number, 10**6))


def show_key(made: NewKey, json_: bool) -> None:
    """The key alone on standard output, so that it goes into a file as it is; the warning beside it."""
    content = {"name": made.name, "id": str(made.id), "key": made.key, "expires_at": iso(made.expires)}

    def show() -> None:
        print(made.key)  # noqa: T201 - as it is, never wrapped
        words = f"The key of {made.name}, until {time_text(made.expires)}. It is shown this once: keep it."
        ERR.print(words, markup=False, highlight=False)

    answer(json_, content, show)


def told(content: Mapping[str, str]) -> None:
    """Names and values, a line each; what is longer goes on below itself."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in content.items():
        table.add_row(f"  {name}", Text(value))
    OUT.print(table, highlight=False)


def iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def principal_json(row: PrincipalRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "acts": row.acts,
        "purposes": row.purposes,
        "added_at": iso(row.added_at),
        "ended_at": iso(row.ended_at),
    }


def key_json(row: KeyRow, now: datetime) -> dict[str, Any]:
    return {
        "id": str(row.key),
        "stands": row.stands(now),
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "revoked_at": iso(row.revoked_at),
        "used_on": row.used_on.isoformat() if row.used_on else None,
    }


def agreement_json(one: Agreement) -> dict[str, Any]:
    return {"advertiser": one.advertiser, "begins": iso(one.begins), "ends": iso(one.ends)}


def approval_json(one: Approval, now: datetime) -> dict[str, Any]:
    return {
        "approval": str(one.approval),
        "state": one.state(now),
        "act": one.act,
        "scope": one.scope,
        "person": str(one.person) if one.person else None,
        "reason": one.reason,
        "case": one.case_ref,
        "minutes": one.minutes,
        "asked_by": one.asked_by,
        "asked_at": iso(one.asked_at),
        "approved_by": one.approved_by,
        "until": iso(one.until),
        "ended_by": one.ended_by,
        "ended_at": iso(one.ended_at),
        "uses": one.uses,
    }
