"""`solely verify …`: a person's factors, enrolled, looked at, removed, lost, reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from solely.cli.terminal import Dir, Json, answer, open_directory
from solely.cli.verify_io import (
    FactorId,
    ProofId,
    Source,
    Subject,
    challenge_json,
    factor_json,
    fields,
    optional_id,
    read_id,
    say,
    show_challenge,
    show_factors,
    time_text,
    typed,
)
from solely.errors import BadInput
from solely.verification import Enrolment, Wanted
from solely.verification.factor import KINDS
from solely.verification.totp import qr_text

__all__ = ["VERBS"]

# SP 800-63B-4 §3.2.9: told before the number is confirmed, and another kind offered.
_RISK = (
    "Codes by SMS can be read by whoever takes the number over. A passkey or an authenticator app is safer, and "
    "needs no number: tell the person before they confirm."
)


def enrol(
    subject: Subject,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(KINDS)}.")],
    name: Annotated[str, typer.Option(help="What the person calls it.")] = "",
    account: Annotated[str, typer.Option(help="What an app or a passkey shows; default: SUBJECT.")] = "",
    purpose: Annotated[str, typer.Option(help="What the contact was given for, of sms and email.")] = "two-factor",
    giving: Annotated[
        str | None, typer.Option(metavar="ID", help="The contact, where several were given; see givings.")
    ] = None,
    again: Annotated[str | None, typer.Option(metavar="ID", help="A disabled factor to be bound anew.")] = None,
    proof: ProofId = None,
    source: Source = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Begin to enrol a factor; a first right answer confirms it. What it shows is shown once."""
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise BadInput("no such kind of factor", where="KIND", cure=f"one of: {', '.join(KINDS)}")
    wanted = Wanted(
        known,
        account=account or subject,
        name=name,
        purpose=purpose,
        giving=optional_id(giving, "--giving"),
        again=optional_id(again, "--again"),
    )
    fresh = optional_id(proof, "--proof")
    with open_directory(directory) as solely:
        begun = solely.verification.enrol(subject, wanted, proof=fresh, source=source)
    content = {
        "factor": str(begun.factor),
        "kind": begun.kind,
        "challenge": str(begun.challenge),
        "expires_at": begun.expires_at.isoformat(),
        "restricted": begun.restricted,
        "uri": begun.uri,
        "codes": list(begun.codes),
        "passkey": begun.passkey,
    }
    answer(json_, content, lambda: _show_enrolment(begun))


def _show_enrolment(begun: Enrolment) -> None:
    if begun.uri:
        print(qr_text(begun.uri), end="")  # noqa: T201 - drawn to the column
        say("Scan it with an authenticator app, or type this into one:")
        print(begun.uri)  # noqa: T201 - to be copied as it is
    if begun.codes:
        say("Recovery codes, each good once. Keep them; they are not shown again:")
        print(*(f"  {code}" for code in begun.codes), sep="\n")  # noqa: T201 - one a line
    if begun.passkey is not None:
        say("The options for the browser:")
        print(json.dumps(begun.passkey, indent=1))  # noqa: T201 - to be copied as it is
    if begun.kind in {"sms", "email"}:
        say("A code is on its way.")
    if begun.restricted:
        say(_RISK)
    say(f"To be confirmed until {time_text(begun.expires_at)}:")
    say("  solely verify answer SUBJECT CHALLENGE FACTOR")
    fields({"challenge": str(begun.challenge), "factor": str(begun.factor)})


def factors(subject: Subject, directory: Dir = None, json_: Json = False) -> None:
    """The person's factors, oldest first."""
    with open_directory(directory) as solely:
        found = solely.verification.factors(subject)
    show = (lambda: show_factors(found)) if found else (lambda: say("No factors."))
    answer(json_, {"factors": [factor_json(one) for one in found]}, show)


def rename(
    subject: Subject,
    factor: FactorId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the person calls it.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Give a factor another name."""
    which = read_id(factor, "FACTOR")
    with open_directory(directory) as solely:
        solely.verification.rename(subject, which, name)
    answer(json_, {"renamed": True}, lambda: say("Renamed."))


def remove(
    subject: Subject, factor: FactorId, proof: ProofId = None, directory: Dir = None, json_: Json = False
) -> None:
    """Remove a factor; a fresh proof comes first."""
    which, fresh = read_id(factor, "FACTOR"), optional_id(proof, "--proof")
    with open_directory(directory) as solely:
        solely.verification.remove(subject, which, proof=fresh)
    answer(json_, {"removed": True}, lambda: say("Removed."))


def lost(subject: Subject, factor: FactorId, directory: Dir = None, json_: Json = False) -> None:
    """Disable a factor at once, as its person says it is lost."""
    which = read_id(factor, "FACTOR")
    with open_directory(directory) as solely:
        solely.verification.report_lost(subject, which)
    answer(json_, {"disabled": True}, lambda: say("Disabled. It can be bound anew by enrol --again, or removed."))


def ask_again(
    subject: Subject, factor: FactorId, source: Source = None, directory: Dir = None, json_: Json = False
) -> None:
    """Send a code to a phone that was not proved for long; its answer makes it count again."""
    which = read_id(factor, "FACTOR")
    with open_directory(directory) as solely:
        begun = solely.verification.ask_again(subject, which, source=source)
    answer(json_, challenge_json(begun), lambda: show_challenge(begun))


def not_me(
    token: Annotated[
        str | None, typer.Argument(metavar="TOKEN", help="Left out, or -: asked for, or read from standard input.")
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Take a change back, by the token of the notice that told of it."""
    text = typed(token, "Token")
    with open_directory(directory) as solely:
        solely.verification.repudiate(text)
    answer(
        json_,
        {"repudiated": True},
        lambda: say("Taken back: that factor is disabled, trusted devices and proofs are void."),
    )


def reset(
    subject: Subject,
    officer: Annotated[str, typer.Option(help="Who asks, or approves; goes into the ledger.")],
    approve: Annotated[str | None, typer.Option(metavar="ID", help="The reset that another officer asked for.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Remove all of a person's factors: one officer asks, another approves within a day."""
    asked = optional_id(approve, "--approve")
    with open_directory(directory) as solely:
        if asked is not None:
            solely.verification.approve_reset(subject, asked, officer)
            answer(json_, {"reset": str(asked), "done": True}, lambda: say("Done: no factor is left."))
            return
        new = solely.verification.ask_reset(subject, officer)

    def show() -> None:
        say("Asked for. Another officer approves it within a day: --approve with this id.")
        fields({"reset": str(new)})

    answer(json_, {"reset": str(new), "done": False}, show)


VERBS: dict[str, Callable[..., Any]] = {
    "enrol": enrol,
    "factors": factors,
    "rename": rename,
    "remove": remove,
    "lost": lost,
    "ask-again": ask_again,
    "not-me": not_me,
    "reset": reset,
}
