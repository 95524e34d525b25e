"""`solely principal …`: who may call a compartment: added, shown, given a new key, narrowed, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, get_args

import typer
from rich.table import Table
from rich.text import Text

from solely.app.principals import KEY_LIFE
from solely.cli.principal_io import (
    Compartment,
    Key,
    Life,
    Name,
    agreement_json,
    as_principal,
    days,
    iso,
    key_json,
    opened,
    principal_json,
    show_key,
    told,
)
from solely.cli.terminal import ERR, OUT, QUIET, Dir, Json, answer
from solely.cli.verify_io import optional_id, say, time_text
from solely.consent import read_time
from solely.errors import BadInput
from solely.principal import Agreement, Kind
from solely.store.principals import KeyRow, PrincipalRow

__all__ = ["principal_cli"]

principal_cli = typer.Typer(
    **QUIET, help="Who may call: services, advertisers, partners, officers, auditors, witnesses."
)

Acts = Annotated[list[str] | None, typer.Option("--act", metavar="ACT", help="This alone; may be repeated.")]
Purposes = Annotated[list[str] | None, typer.Option("--purpose", metavar="P", help="For this alone; may be repeated.")]
Advertiser = Annotated[str, typer.Argument(metavar="ADVERTISER")]


def _kind(text: str) -> Kind:
    kinds: tuple[Kind, ...] = get_args(Kind)
    for kind in kinds:
        if kind == text:
            return kind
    raise BadInput("no such kind of principal", where="--kind", cure=f"one of: {', '.join(kinds[:-1])}")


@principal_cli.command("add")
def principal_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An opaque id of your choosing.")],
    kind: Annotated[str, typer.Option(help="service, advertiser, partner, officer, auditor or witness.")],
    compartment: Compartment = "registry",
    act: Acts = None,
    purpose: Purposes = None,
    life: Life = KEY_LIFE.days,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Add a principal, and print its key, this once."""
    with opened(directory, compartment, key_file) as (_, there, by):
        made = there.add(by, name, _kind(kind), acts=act, purposes=purpose, life=days(life))
        show_key(made, json_)


@principal_cli.command("rotate")
def principal_rotate(
    name: Name,
    compartment: Compartment = "registry",
    overlap: Annotated[int, typer.Option(min=0, help="Hours for which the key before stays good.")] = 24,
    life: Life = KEY_LIFE.days,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Give a principal a new key, and print it, this once; who has a key may ask for their own."""
    with opened(directory, compartment, key_file) as (_, there, by):
        show_key(there.rotate(by, name, overlap=timedelta(hours=min(overlap, 10**6)), life=days(life)), json_)


@principal_cli.command("revoke")
def principal_revoke(
    name: Name,
    key: Annotated[str | None, typer.Option(metavar="ID", help="This key alone; `show` has them.")] = None,
    compartment: Compartment = "registry",
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """End a principal with all its keys and their tokens, or one key: at once."""
    one = optional_id(key, "--key")
    with opened(directory, compartment, key_file) as (_, there, by):
        there.revoke(by, name, one)
    words = "Revoked: its keys and their tokens open nothing." if one is None else "Revoked: that key opens nothing."
    answer(json_, {"name": name, "revoked": True}, lambda: say(words))


@principal_cli.command("narrow")
def principal_narrow(
    name: Name,
    act: Acts = None,
    purpose: Purposes = None,
    compartment: Compartment = "registry",
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Leave a principal some of its acts or purposes, at once; nothing widens it again."""
    if act is None and purpose is None:
        raise BadInput("nothing to narrow it to", where="options", cure="give --act or --purpose")
    with opened(directory, compartment, key_file) as (_, there, by):
        there.narrow(by, name, acts=act, purposes=purpose)
    answer(json_, {"name": name, "narrowed": True}, lambda: say("Narrowed."))


@principal_cli.command("list")
def principal_list(
    compartment: Compartment = "registry", key_file: Key = None, directory: Dir = None, json_: Json = False
) -> None:
    """All principals of a compartment, those that ended too."""
    with opened(directory, compartment, key_file) as (_, there, by):
        rows = there.list(by)
    answer(json_, {"principals": [principal_json(row) for row in rows]}, lambda: _show_all(rows))


def _show_all(rows: list[PrincipalRow]) -> None:
    if not rows:
        say("No principals.")
        return
    table = Table("name", "kind", "since", "acts", box=None, pad_edge=False)
    for row in rows:
        acts = "ended" if row.ended_at else " ".join(row.acts)
        table.add_row(row.name, row.kind, f"{row.added_at:%Y-%m-%d}", Text(acts))
    OUT.print(table, highlight=False)


@principal_cli.command("show")
def principal_show(
    name: Name,
    compartment: Compartment = "registry",
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """One principal: what it may do, and how its keys stand; never the keys."""
    with opened(directory, compartment, key_file) as (solely, there, by):
        row = there.show(by, name)
        keys, agreed, now = there.keys(by, name), there.agreements(by, name), solely.clock()
    content = principal_json(row) | {
        "keys": [key_json(one, now) for one in keys],
        "agreements": [agreement_json(one) for one in agreed],
    }
    answer(json_, content, lambda: _show(row, keys, agreed, now))


def _show(row: PrincipalRow, keys: Sequence[KeyRow], agreed: Sequence[Agreement], now: datetime) -> None:
    say(f"{row.kind.capitalize()} {row.name}")
    purposes = "all" if row.purposes is None else " ".join(row.purposes)
    ended = {"ended": time_text(row.ended_at)} if row.ended_at else {}
    told({"acts": " ".join(row.acts), "purposes": purposes, "added": time_text(row.added_at), **ended})
    for one in agreed:
        until = "until it is ended" if one.ends is None else f"until {time_text(one.ends)}"
        say(f"Acts for {one.advertiser} from {time_text(one.begins)} {until}.")
    table = Table("key", "stands", "until", "last used", box=None, pad_edge=False)
    for key in keys:
        used = f"{key.used_on}" if key.used_on else "never"
        end = key.revoked_at or key.expires_at
        table.add_row(str(key.key), "yes" if key.stands(now) else "no", f"{end:%Y-%m-%d %H:%M}", used)
    OUT.print(table, highlight=False)


@principal_cli.command("agree")
def principal_agree(
    partner: Name,
    advertiser: Advertiser,
    begins: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Default: now.")] = None,
    ends: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Default: until it is ended.")] = None,
    end: Annotated[bool, typer.Option("--end", help="It no longer acts for that advertiser.")] = False,
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """A partner acts for an advertiser under an agreement, for its time; or, with --end, no longer."""
    if end and (begins or ends):
        raise BadInput("--end goes alone", where="options")
    with opened(directory, "advertising", key_file) as (solely, there, by):
        if end:
            there.disagree(by, partner, advertiser)
        else:
            until = None if ends is None else read_time(ends)
            there.agree(by, partner, Agreement(advertiser, read_time(begins) if begins else solely.clock(), until))
    words = "Ended." if end else f"Agreed: {partner} acts for {advertiser}."
    answer(json_, {"partner": partner, "advertiser": advertiser, "ended": end}, lambda: say(words))


@principal_cli.command("token")
def principal_token(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    act: Acts = None,
    seconds: Annotated[int, typer.Option(min=1, max=900, help="How long it is good.")] = 600,
    compartment: Compartment = "registry",
    key_file: Key = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Mint a token for one person, as the service whose key is in --key-file, and print it."""
    with opened(directory, compartment, key_file) as (_, there, by):
        made = there.mint(as_principal(by), subject, act, seconds=seconds)

    def show() -> None:
        print(made.token)  # noqa: T201 - as it is, never wrapped
        ERR.print(f"Good until {time_text(made.expires)}; in a header, never in a URL.", markup=False, highlight=False)

    answer(json_, {"token": made.token, "expires_at": iso(made.expires)}, show)
