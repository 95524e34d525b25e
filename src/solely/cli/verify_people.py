"""`solely verify …`: what is beside factors: trusted devices, passwords, languages, contacts, what a clock starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from solely.cli.terminal import OUT, Dir, Json, answer, many, open_directory
from solely.cli.verify_io import ProofId, Source, Subject, fields, optional_id, read_id, say, time_text, typed
from solely.errors import BadInput
from solely.verification import Device, Trusted

__all__ = ["VERBS"]


def trust(
    subject: Subject,
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="A sign-in that was passed on that device just now.")],
    name: Annotated[str, typer.Option(help="What the person calls it.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Trust a device: it is not asked each time, and what it proves is no more than before."""
    fresh = read_id(proof, "PROOF")
    with open_directory(directory) as solely:
        trusted = solely.verification.trust(subject, proof=fresh, name=name)
    answer(json_, _trusted_json(trusted), lambda: _show_trusted(trusted))


def recognise(
    subject: Subject,
    after_password: Annotated[
        bool, typer.Option("--after-password", help="You checked this person's password just before.")
    ] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Know a trusted device by its token, asked for or read from standard input; it gets a new one."""
    token = typed(None, "Token", hidden=True)
    with open_directory(directory) as solely:
        trusted = solely.verification.recognise(subject, token, after_password=after_password)
    answer(json_, _trusted_json(trusted), lambda: _show_trusted(trusted))


def _trusted_json(one: Trusted) -> dict[str, Any]:
    return {
        "device": str(one.device),
        "token": one.token,
        "expires_at": one.expires_at.isoformat(),
        "amr": list(one.assurance.amr),
        "aal": one.assurance.aal,
    }


def _show_trusted(one: Trusted) -> None:
    say(f"Trusted until {time_text(one.expires_at)}. The token is the device's to keep, until its next use:")
    fields({"device": str(one.device), "token": one.token})


def devices(subject: Subject, directory: Dir = None, json_: Json = False) -> None:
    """The devices the person trusts."""
    with open_directory(directory) as solely:
        found = solely.verification.devices(subject)
    content = [
        {
            "device": str(one.id),
            "name": one.name,
            "trusted_at": one.trusted_at.isoformat(),
            "used_at": one.used_at.isoformat(),
            "expires_at": one.expires_at.isoformat(),
        }
        for one in found
    ]
    answer(json_, {"devices": content}, lambda: _show_devices(found))


def _show_devices(found: list[Device]) -> None:
    if not found:
        say("No trusted devices.")
        return
    table = Table("device", "used", "name", box=None, pad_edge=False)
    for one in found:
        table.add_row(str(one.id), time_text(one.used_at), Text(one.name))
    OUT.print(table, highlight=False)


def revoke_device(
    subject: Subject,
    device: Annotated[str | None, typer.Argument(metavar="DEVICE", help="The device's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Trust a device no longer, or none of them."""
    which = optional_id(device, "DEVICE")
    if (which is None) != every:
        raise BadInput("which device is meant?", cure="name one by its id, or all by --all")
    with open_directory(directory) as solely:
        revoked = solely.verification.revoke_device(subject, which)
    answer(json_, {"revoked": revoked}, lambda: say(f"{many(revoked, 'device')} revoked."))


def password(
    subject: Subject,
    word: Annotated[
        list[str] | None, typer.Option(help="The person's names, which anyone would try; may be repeated.")
    ] = None,
    proof: ProofId = None,
    current: Annotated[
        bool, typer.Option("--current", help="The present password comes first: for who has no factor.")
    ] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Set a password, asked for or read from standard input; one that is there changes by a fresh proof."""
    fresh = optional_id(proof, "--proof")
    present = typed(None, "Present password", hidden=True) if current else None
    text = typed(None, "Password", hidden=True, twice=True)
    with open_directory(directory) as solely:
        solely.verification.set_password(subject, text, current=present, proof=fresh, words=word or [])
    answer(json_, {"set": True}, lambda: say("Set."))


def check_password(subject: Subject, source: Source = None, directory: Dir = None, json_: Json = False) -> None:
    """Whether a password, asked for or read from standard input, is right; exit code 3 where it is not."""
    text = typed(None, "Password", hidden=True)
    with open_directory(directory) as solely:
        solely.verification.check_password(subject, text, source=source)
    answer(json_, {"right": True}, lambda: say("Right."))


def language(
    subject: Subject,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="en, es, fr, de, pt, ja; others get English.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Messages to this person are in this language from now on."""
    with open_directory(directory) as solely:
        solely.verification.speak(subject, tag)
    answer(json_, {"language": tag}, lambda: say("Noted."))


def deliver(directory: Dir = None, json_: Json = False) -> None:
    """Send the notices that are due; to be run each minute."""
    with open_directory(directory) as solely:
        done = solely.verification.deliver()
    content = {"sent": done.sent, "failed": done.failed, "given_up": done.given_up}
    answer(json_, content, lambda: say(f"{done.sent:,} sent, {done.failed:,} failed, {done.given_up:,} given up."))


def forget(directory: Dir = None, json_: Json = False) -> None:
    """Delete what is over, after a month or less; to be run each day."""
    with open_directory(directory) as solely:
        forgotten = solely.verification.forget()
    answer(json_, {"forgotten": forgotten}, lambda: say(f"{many(forgotten, 'record')} deleted."))


def conversion(
    hours: Annotated[int, typer.Option(min=1, max=720, help="How far back.")] = 24,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """By country: how many SMS with codes were sent, and how many codes came back."""
    with open_directory(directory) as solely:
        found = solely.verification.conversion(hours=hours)
    content = [asdict(one) for one in found]

    def show() -> None:
        table = Table("country", "sent", "came back", "", box=None, pad_edge=False)
        for one in found:
            table.add_row(one.country, f"{one.sent:,}", f"{one.verified:,}", "too few" if one.alarm else "")
        OUT.print(table if found else "No SMS with a code was sent.", highlight=False)

    answer(json_, {"countries": content}, show)


def givings(
    subject: Subject,
    purpose: Annotated[str, typer.Argument(metavar="PURPOSE", help="two-factor, or another of policy.toml.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """The person's givings for a purpose that stand: ids and times, never the contact."""
    with open_directory(directory) as solely:
        found = solely.standing(subject, purpose)
    content = [
        {
            "giving": str(one.id),
            "kind": one.kind,
            "given_at": one.given_at.isoformat(),
            "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        }
        for one in found
    ]

    def show() -> None:
        table = Table("giving", "kind", "given", box=None, pad_edge=False)
        for one in found:
            table.add_row(str(one.id), one.kind, time_text(one.given_at))
        OUT.print(table if found else "Nothing stands.", highlight=False)

    answer(json_, {"givings": content}, show)


VERBS: dict[str, Callable[..., Any]] = {
    "trust": trust,
    "recognise": recognise,
    "devices": devices,
    "revoke-device": revoke_device,
    "password": password,
    "check-password": check_password,
    "language": language,
    "deliver": deliver,
    "forget": forget,
    "conversion": conversion,
    "givings": givings,
}
