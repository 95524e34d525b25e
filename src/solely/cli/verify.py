"""`solely verify …`: two-step verification; here challenges, and what answers them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from solely.cli import verify_factors, verify_people
from solely.cli.terminal import QUIET, Dir, Json, answer, open_directory
from solely.cli.verify_io import (
    FactorId,
    Source,
    Subject,
    browser_json,
    challenge_json,
    outcome_json,
    proof_json,
    read_id,
    say,
    show_challenge,
    show_outcome,
    show_proof,
    typed,
)
from solely.cli.verify_page import page

__all__ = ["verify_cli"]

verify_cli = typer.Typer(**QUIET, help="Two-step verification: no phone is ever needed.")

_ChallengeId = Annotated[str, typer.Argument(metavar="CHALLENGE", help="The challenge's id.")]
_Passkey = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What a browser answered, as JSON; - for standard input.")
]
_AfterPassword = Annotated[
    bool, typer.Option("--after-password", help="You checked this person's password just before.")
]


@verify_cli.command("challenge")
def start(
    subject: Subject,
    act: Annotated[str, typer.Option(help="What is to be allowed: sign-in, or a name of yours.")] = "sign-in",
    after_password: _AfterPassword = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Start a challenge for an act."""
    with open_directory(directory) as solely:
        begun = solely.verification.challenge(subject, act=act, after_password=after_password)
    answer(json_, challenge_json(begun), lambda: show_challenge(begun))


@verify_cli.command()
def send(
    subject: Subject,
    challenge: _ChallengeId,
    factor: FactorId,
    source: Source = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Send a challenge's code by SMS or e-mail; later again, the same code."""
    of, by = read_id(challenge, "CHALLENGE"), read_id(factor, "FACTOR")
    with open_directory(directory) as solely:
        solely.verification.send(subject, of, by, source=source)
    answer(json_, {"sent": True}, lambda: say("Sent."))


@verify_cli.command("answer")
def answer_challenge(
    subject: Subject,
    challenge: _ChallengeId,
    factor: FactorId,
    code: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE", help="Left out, or -: asked for, or read from standard input."),
    ] = None,
    passkey: _Passkey = None,
    source: Source = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Answer a challenge by a code, or by a passkey.

    A code that stands in the command can be read in the list of processes and in the shell's history.
    """
    to, by = read_id(challenge, "CHALLENGE"), read_id(factor, "FACTOR")
    given = browser_json(passkey) if passkey else typed(" ".join(code) if code else None, "Code")
    with open_directory(directory) as solely:
        outcome = solely.verification.answer(subject, to, by, given, source=source)
    answer(json_, outcome_json(outcome), lambda: show_outcome(outcome))


@verify_cli.command()
def cancel(subject: Subject, challenge: _ChallengeId, directory: Dir = None, json_: Json = False) -> None:
    """Cancel an open challenge; its codes are worth nothing then."""
    of = read_id(challenge, "CHALLENGE")
    with open_directory(directory) as solely:
        solely.verification.cancel(subject, of)
    answer(json_, {"cancelled": True}, lambda: say("Cancelled."))


@verify_cli.command()
def prove(
    subject: Subject,
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="The id of a challenge that was passed.")],
    max_age: Annotated[int, typer.Option(metavar="MINUTES", min=1, max=525_600, help="No older than that.")],
    act: Annotated[list[str] | None, typer.Option(help="For this act alone; may be repeated.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """What a passed challenge proves, if it is fresh; exit code 3 where a new one is needed."""
    of = read_id(proof, "PROOF")
    with open_directory(directory) as solely:
        shown = solely.verification.prove(subject, of, max_age=timedelta(minutes=max_age), acts=act)
    answer(json_, proof_json(shown), lambda: show_proof(shown))


@verify_cli.command()
def recover(
    subject: Subject, after_password: _AfterPassword = False, directory: Dir = None, json_: Json = False
) -> None:
    """Start a recovery: two codes of different kinds, or one and a factor that is left."""
    with open_directory(directory) as solely:
        begun = solely.verification.recover(subject, after_password=after_password)
    answer(json_, challenge_json(begun), lambda: show_challenge(begun))


@verify_cli.command("sign-in")
def sign_in(directory: Dir = None, json_: Json = False) -> None:
    """Start a challenge for whoever answers it with a passkey."""
    with open_directory(directory) as solely:
        begun = solely.verification.sign_in()
    answer(json_, challenge_json(begun), lambda: show_challenge(begun))


@verify_cli.command("sign-in-answer")
def sign_in_answer(
    challenge: _ChallengeId,
    passkey: Annotated[Path, typer.Option(metavar="FILE", help="What the browser answered; - for standard input.")],
    source: Source = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Whose passkey answered, and what it proves."""
    to, given = read_id(challenge, "CHALLENGE"), browser_json(passkey)
    with open_directory(directory) as solely:
        subject, proof = solely.verification.sign_in_answer(to, given, source=source)

    def show() -> None:
        say(f"It is {subject}.")
        show_proof(proof)

    answer(json_, {"subject": subject, **proof_json(proof)}, show)


for name, verb in {**verify_factors.VERBS, **verify_people.VERBS, "page": page}.items():
    verify_cli.command(name)(verb)
