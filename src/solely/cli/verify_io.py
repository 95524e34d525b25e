"""What the commands of `solely verify` share: ids and secrets read in; factors, challenges and proofs shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import typer
from rich.table import Table
from rich.text import Text

from solely.cli.terminal import OUT
from solely.errors import BadInput
from solely.verification import Assurance, Challenge, Factor, Proof, Recovering

__all__ = [
    "FactorId",
    "ProofId",
    "Source",
    "Subject",
    "browser_json",
    "challenge_json",
    "factor_json",
    "fields",
    "optional_id",
    "outcome_json",
    "proof_json",
    "read_id",
    "say",
    "show_challenge",
    "show_factors",
    "show_outcome",
    "show_proof",
    "time_text",
    "typed",
]

Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")]
FactorId = Annotated[str, typer.Argument(metavar="FACTOR", help="The factor's id; `factors` lists them.")]
ProofId = Annotated[str | None, typer.Option("--proof", metavar="ID", help="A challenge passed a moment ago.")]
Source = Annotated[
    str | None, typer.Option(metavar="S", help="Where it comes from, such as an IP address: tries of it are counted.")
]

_LINE, _DOCUMENT = 4_096, 65_536  # bytes: more than any code or password, and than any answer of a browser


def read_id(text: str, where: str) -> UUID:
    """An id as Solely prints it. Raises BadInput, without the text: it may be a code in the wrong place."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise BadInput("not an id", where=where, cure="an id looks like 01234567-89ab-4cde-8f01-23456789abcd")
    return found


def optional_id(text: str | None, where: str) -> UUID | None:
    return None if text is None else read_id(text, where)


def typed(given: str | None, words: str, *, hidden: bool = False, twice: bool = False) -> str:
    """A secret: asked for at a terminal, else the first line of standard input; `given` where it is one, and no "-"."""
    if given is not None and given != "-":
        return given
    if sys.stdin.isatty():
        return str(typer.prompt(words, hide_input=hidden, confirmation_prompt=twice, err=True))
    line = _decoded(sys.stdin.buffer.readline(_LINE + 1), _LINE)
    text = line.removesuffix("\n").removesuffix("\r")
    if not text:
        raise BadInput("nothing was typed", where="standard input", cure="give one line")
    return text


def browser_json(path: Path) -> Mapping[str, Any]:
    """The JSON object that a browser answered with, from a file, or from standard input for "-"."""
    if str(path) == "-":
        text = _read(sys.stdin.buffer)
    else:
        with path.open("rb") as file:
            text = _read(file)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadInput("not a JSON object", where="--passkey", cure="give what PublicKeyCredential.toJSON() returned")
    return content


def _read(file: BinaryIO) -> str:
    return _decoded(file.read(_DOCUMENT + 1), _DOCUMENT)


def _decoded(data: bytes, most: int) -> str:
    try:
        text = data.decode() if len(data) <= most else None
    except ValueError:
        text = None
    if text is None:  # raised here, away from an error that holds what was typed
        raise BadInput("this can't be read", cure=f"give text in UTF-8, at most {most:,} bytes")
    return text


def say(words: str) -> None:
    OUT.print(words, markup=False, highlight=False)


def fields(content: Mapping[str, str]) -> None:
    """Names and values, a line each; a value that is longer than the line goes on as it is, to be copied."""
    width = max(map(len, content))
    for name, value in content.items():
        OUT.print(f"  {name:{width}}  {value}", markup=False, highlight=False, soft_wrap=True)


def time_text(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def factor_json(one: Factor) -> dict[str, Any]:
    return {
        "factor": str(one.id),
        "kind": one.kind,
        "name": one.name,
        "state": one.state,
        "purpose": one.purpose,
        "created_at": one.created_at.isoformat(),
        "activated_at": one.activated_at.isoformat() if one.activated_at else None,
        "used_at": one.used_at.isoformat() if one.used_at else None,
        "stale": one.stale,
        "left": one.left,
        "restricted": one.restricted,
        "phishing_resistant": one.phishing_resistant,
    }


def challenge_json(one: Challenge) -> dict[str, Any]:
    return {
        "challenge": str(one.id),
        "act": one.act,
        "expires_at": one.expires_at.isoformat(),
        "factors": [factor_json(factor) for factor in one.factors],
        "passkey": one.passkey,
    }


def proof_json(one: Proof) -> dict[str, Any]:
    return {
        "proved": True,
        "proof": str(one.id),
        "act": one.act,
        "kind": one.kind,
        "factor": str(one.factor) if one.factor else None,
        "at": one.at.isoformat(),
        **asdict(one.assurance),
    }


def outcome_json(one: Proof | Recovering) -> dict[str, Any]:
    """A proof; or, of a recovery that asks for more, what was shown and what may be shown yet."""
    if isinstance(one, Proof):
        return proof_json(one)
    left = [factor_json(factor) for factor in one.factors]
    return {"proved": False, "challenge": str(one.challenge), "shown": list(one.shown), "factors": left}


def show_factors(factors: Iterable[Factor]) -> None:
    table = Table("factor", "kind", "state", "name", box=None, pad_edge=False)
    for one in factors:
        sent = f"\nfor {one.purpose}" if one.kind in {"sms", "email"} else ""
        stale = "\nnot proved for long" if one.stale else ""
        left = "" if one.left is None else f"\n{one.left} left"
        table.add_row(str(one.id), one.kind, one.state, Text(one.name + sent + stale + left))
    OUT.print(table, highlight=False)


def show_challenge(one: Challenge) -> None:
    say(f"A challenge for {one.act}, open until {time_text(one.expires_at)}.")
    fields({"challenge": str(one.id)})
    if one.factors:
        show_factors(one.factors)
    elif one.passkey is None:
        say("There is no factor to answer it.")
    if one.passkey is not None:
        say("A passkey may answer: --json shows the options for the browser.")


def show_proof(one: Proof) -> None:
    say("Proved.")
    of = {"proof": str(one.id), "act": one.act, "by": one.kind or "a factor that is gone", "at": time_text(one.at)}
    fields({**of, **_assurance(one.assurance)})


def _assurance(one: Assurance) -> dict[str, str]:
    answers = {True: "yes", False: "no"}
    return {
        "amr": " ".join(one.amr) or "none",
        "level": one.aal,
        "phishing-resistant": answers[one.phishing_resistant],
        "restricted": answers[one.restricted],
    }


def show_outcome(one: Proof | Recovering) -> None:
    if isinstance(one, Proof):
        show_proof(one)
        return
    say(f"Right, and not enough yet. Shown so far: {', '.join(one.shown)}.")
    show_factors(one.factors)
