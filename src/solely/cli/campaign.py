"""`solely campaign …`: campaigns of an advertiser, and `solely decide`: which of all campaigns may reach a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from solely.advertising.campaign import Campaign
from solely.app.decisions import handle_of, open_campaigns, open_decisions
from solely.cli.terminal import OUT, QUIET, Dir, Json, answer, many, open_directory
from solely.consent import read_time
from solely.errors import BadInput, GivingError

__all__ = ["campaign_cli", "decide"]

campaign_cli = typer.Typer(**QUIET, help="Campaigns: whom an advertiser wants to reach.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign's name.")]
Advertiser = Annotated[str, typer.Option(help="Whose campaign it is.")]


@campaign_cli.command("add")
def campaign_add(
    name: Name,
    advertiser: Advertiser,
    include: Annotated[list[str], typer.Option(help="An audience of theirs to reach. May stand more than once.")],
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="One whose people are not reached, whatever else they are in. May stand more than once."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="When it begins (UTC): 2026-11-01 or 2026-11-01T08:00. Else now.", metavar="TIME"),
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="How long it runs. Else until it is paused.", min=1, max=3650, metavar="DAYS")
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Add a campaign. Its audiences are the advertiser's own, and of one purpose.

    It reaches nobody while what is left after all that excludes is too small.
    """
    with open_directory(directory) as solely:
        now = solely.clock()
        starts = _time(since) if since else now
        ends = starts + timedelta(days=days) if days else None
        campaign = Campaign(advertiser, name, tuple(include), tuple(exclude or ()), starts, ends)
        open_campaigns(solely.parts).add(campaign)
    answer(json_, _as_json(campaign), lambda: _tell(campaign, now))


@campaign_cli.command("pause")
def campaign_pause(name: Name, advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """Pause a campaign, at once: no decision reaches anyone for it."""
    with open_directory(directory) as solely:
        open_campaigns(solely.parts).pause(advertiser, name)
    answer(json_, {"state": "paused"}, lambda: OUT.print(f"Campaign {name} is paused.", highlight=False, markup=False))


@campaign_cli.command("resume")
def campaign_resume(name: Name, advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """Run a paused campaign again, for what is left of its period."""
    with open_directory(directory) as solely:
        campaigns, now = open_campaigns(solely.parts), solely.clock()
        campaigns.resume(advertiser, name)
        (found,) = (one for one in campaigns.all_of(advertiser) if one.name == name)
    answer(json_, {"state": "running"}, lambda: _tell(found, now))


@campaign_cli.command("list")
def campaign_list(advertiser: Advertiser, directory: Dir = None, json_: Json = False) -> None:
    """The campaigns of an advertiser. Nothing of whom they reach."""
    with open_directory(directory) as solely:
        found, now = open_campaigns(solely.parts).all_of(advertiser), solely.clock()
    answer(json_, {"campaigns": [_as_json(one) for one in found]}, lambda: _show(found, now))


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


def _state(one: Campaign, now: datetime) -> str:
    """What its state and its period come to."""
    if one.ends_at is not None and one.ends_at <= now:
        return "over"
    return "to come" if one.state == "running" and one.starts_at > now else one.state


def _tell(one: Campaign, now: datetime) -> None:
    match _state(one, now):
        case "over":
            words = f"is over since {_minute(one.ends_at)}"
        case "to come":
            words = f"will run from {_minute(one.starts_at)} until {_minute(one.ends_at)}"
        case _:
            words = f"runs until {_minute(one.ends_at)}"
    OUT.print(f"Campaign {one.name} {words}.", highlight=False, markup=False)


def _show(found: list[Campaign], now: datetime) -> None:
    if not found:
        OUT.print("This advertiser has no campaigns.")
        return
    table = Table("campaign", "state", "from (UTC)", "until", "include", "exclude", box=None, pad_edge=False)
    for one in found:
        period, sides = (one.starts_at, one.ends_at), (one.include, one.exclude)
        table.add_row(one.name, _state(one, now), *map(_minute, period), *map(", ".join, sides))
    OUT.print(table)


def _minute(time: datetime | None) -> str:
    """In UTC; a midnight as its day alone."""
    if time is None:
        return "paused"
    time = time.astimezone(UTC)
    return f"{time:%Y-%m-%d}" if (time.hour, time.minute) == (0, 0) else f"{time:%Y-%m-%d %H:%M}"
