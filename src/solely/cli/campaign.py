"""`solely campaign …`: campaigns of an advertiser, and `solely decide`: which of all campaigns may reach a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from solely.advertising.campaign import Campaign
from solely.app.decisions import handle_of, open_campaigns, open_decisions
from solely.cli.terminal import OUT, QUIET, Advertiser, Dir, Json, answer, many, open_directory
from solely.consent import read_time
from solely.errors import BadInput, GivingError

__all__ = ["campaign_cli", "decide"]

campaign_cli = typer.Typer(**QUIET, help="Campaigns: whom an advertiser wants to reach.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign's name.")]


@campaign_cli.command("add")
def campaign_add(
    name: Name,
    advertiser: Advertiser,
    include: Annotated[list[str], typer.Option(help="An audience of theirs to reach; may stand more than once.")],
    exclude: Annotated[
        list[str] | None, typer.Option(help="One not to reach, whoever else they are; may stand more than once.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="When it begins; default: now.", show_default=False)
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it runs; default: until paused.", min=1, max=3650)] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Add a campaign that runs. Its audiences are the advertiser's own, and of one purpose."""
    with open_directory(directory) as solely:
        starts = _time(since) if since else solely.clock()
        ends = starts + timedelta(days=days) if days else None
        campaign = Campaign(advertiser, name, tuple(include), tuple(exclude or ()), starts, ends)
        open_campaigns(solely.parts).add(campaign)
    answer(json_, _as_json(campaign), lambda: OUT.print(f"Campaign {name} runs.", highlight=False, markup=False))


@campaign_cli.command("pause")
def campaign_pause(name: Name, advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """Pause a campaign, at once: no decision reaches anyone for it."""
    with open_directory(directory) as solely:
        open_campaigns(solely.parts).pause(advertiser, name)
    answer(json_, {"state": "paused"}, lambda: OUT.print(f"Campaign {name} is paused.", highlight=False, markup=False))


@campaign_cli.command("resume")
def campaign_resume(name: Name, advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """Run a paused campaign again."""
    with open_directory(directory) as solely:
        open_campaigns(solely.parts).resume(advertiser, name)
    answer(json_, {"state": "running"}, lambda: OUT.print(f"Campaign {name} runs.", highlight=False, markup=False))


@campaign_cli.command("list")
def campaign_list(advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """The campaigns of an advertiser. Nothing of whom they reach."""
    with open_directory(directory) as solely:
        found = open_campaigns(solely.parts).all_of(advertiser)
    answer(json_, {"campaigns": [_as_json(one) for one in found]}, lambda: _show(found))


def decide(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Which campaigns may reach a person now: what the ad server asks, in a trial. Whatever reaches them is a use."""
    with open_directory(directory) as solely:
        decision = open_decisions(solely.parts).decide(handle_of(solely.parts, subject))
    reached = [{"advertiser": one.advertiser, "campaign": one.campaign} for one in decision.reached]

    def show() -> None:
        OUT.print(f"{many(len(reached), 'campaign')} may reach this person now.", highlight=False)
        for one in decision.reached:
            OUT.print(f"  {one.advertiser}: {one.campaign}", highlight=False, markup=False)

    answer(json_, {"at": decision.at.isoformat(), "reached": reached}, show)


def _time(text: str) -> datetime:
    try:
        return read_time(text)
    except GivingError:
        raise BadInput("not a time", where="--from", cure="write it as 2026-11-01T00:00Z") from None


def _as_json(one: Campaign) -> dict[str, object]:
    return {
        "advertiser": one.advertiser,
        "name": one.name,
        "include": list(one.include),
        "exclude": list(one.exclude),
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat() if one.ends_at else None,
        "state": one.state,
    }


def _show(found: list[Campaign]) -> None:
    table = Table("campaign", "state", "from", "until", "include", "exclude", box=None, pad_edge=False)
    for one in found:
        until = f"{one.ends_at.astimezone(UTC):%Y-%m-%d}" if one.ends_at else "paused"
        starts = f"{one.starts_at.astimezone(UTC):%Y-%m-%d}"
        table.add_row(one.name, one.state, starts, until, ", ".join(one.include), ", ".join(one.exclude))
    OUT.print(table)
