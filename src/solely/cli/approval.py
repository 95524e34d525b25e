"""`solely approval …`: what takes two officers: asked for, approved, listed, ended; each by their own key."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from solely.app.approvals import MINUTES, MOST_MINUTES, REASONS, Wish, person_in
from solely.cli.principal_io import Compartment, Key, approval_json, as_principal, opened, told
from solely.cli.terminal import QUIET, Dir, Json, answer, many
from solely.cli.verify_io import fields, read_id, say, time_text
from solely.store.approvals import Approval

__all__ = ["approval_cli"]

approval_cli = typer.Typer(**QUIET, help="What takes two officers: one asks, another approves, it ends by itself.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The approval; `list` has them.")]
Officer = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="The officer's own key; - is standard input.")
]


@approval_cli.command("ask")
def approval_ask(
    act: Annotated[str, typer.Argument(metavar="ACT", help="break-glass, disclosure or officers.")],
    reason: Annotated[str, typer.Option(help=f"One of: {', '.join(REASONS)}.")],
    case: Annotated[str, typer.Option(metavar="REF", help="The case's reference: an id, and no words.")],
    key_file: Officer = None,
    person: Annotated[str | None, typer.Option(metavar="SUBJECT", help="Whom it is about.")] = None,
    scope: Annotated[str | None, typer.Option(metavar="NAME", help="ADVERTISER/AUDIENCE, incident or officer.")] = None,
    minutes: Annotated[int, typer.Option(min=1, max=MOST_MINUTES, help="How long it is to be open.")] = MINUTES,
    compartment: Compartment = "registry",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Ask for what one officer alone may not do; another approves within a day."""
    with opened(directory, compartment, key_file) as (solely, there, by):
        about = None if person is None else person_in(solely.parts, there.home, person)
        wish = Wish(act=act, scope=scope, person=about, reason=reason, case=case, minutes=minutes)
        made, now = there.approvals.ask(as_principal(by), wish), solely.clock()

    def show() -> None:
        say("Asked for. Another officer approves it within a day: solely approval approve with this id.")
        fields({"approval": str(made.approval)})

    answer(json_, approval_json(made, now), show)


@approval_cli.command("approve")
def approval_approve(
    approval: Id,
    key_file: Officer = None,
    compartment: Compartment = "registry",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Approve what another officer asked for: it is open from now on, and ends by itself."""
    one = read_id(approval, "ID")
    with opened(directory, compartment, key_file) as (solely, there, by):
        made, now = there.approvals.approve(as_principal(by), one), solely.clock()
    until = time_text(made.until or now)
    answer(json_, approval_json(made, now), lambda: say(f"Open to {made.asked_by} until {until}."))


@approval_cli.command("end")
def approval_end(
    approval: Id,
    key_file: Officer = None,
    compartment: Compartment = "registry",
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """End what is asked for or open, at once."""
    one = read_id(approval, "ID")
    with opened(directory, compartment, key_file) as (solely, there, by):
        made, now = there.approvals.end(as_principal(by), one), solely.clock()
    answer(json_, approval_json(made, now), lambda: say("Ended."))


@approval_cli.command("list")
def approval_list(
    compartment: Compartment = "registry", key_file: Key = None, directory: Dir = None, json_: Json = False
) -> None:
    """The newest hundred, newest first."""
    with opened(directory, compartment, key_file) as (solely, there, by):
        found, now = there.approvals.list(by), solely.clock()
    answer(json_, {"approvals": [approval_json(one, now) for one in found]}, lambda: _show(found, now))


def _show(found: list[Approval], now: datetime) -> None:
    if not found:
        say("Nothing was asked for.")
        return
    for one in found:
        say(f"{one.act} {one.approval}: {one.state(now)}")
        told(
            {
                "about": one.scope or f"person {one.person}",
                "why": f"{one.reason}, case {one.case_ref}",
                "asked by": f"{one.asked_by}, {time_text(one.asked_at)}",
                "approved by": f"{one.approved_by}, until {time_text(one.until)}" if one.until else "nobody",
                "used": many(one.uses, "time"),
            }
        )
