"""`solely ledger …`: the proof that nothing in it was changed, and what it takes for others to prove it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from solely.app.environment import cores
from solely.app.fetch import from_url, in_folder
from solely.app.recompute import Opening, recompute
from solely.cli.ledger_serve import ledger_serve
from solely.cli.terminal import OUT, QUIET, Dir, Json, answer, busy, many, open_directory, progress
from solely.errors import BadInput, NotFound
from solely.ledger.checkpoint import VerifierKey, read_verifier_key
from solely.ledger.member_receipt import verify_member_receipt
from solely.ledger.receipt import Receipted, verify_receipt

__all__ = ["ledger_cli"]

ledger_cli = typer.Typer(**QUIET, help="The ledger.")

_MAX_TEXT = 1_000_000  # bytes: beyond any key, checkpoint or receipt

Files = Annotated[Path | None, typer.Option(help="Verify a published folder instead.", show_default=False)]
Url = Annotated[str | None, typer.Option(help="Verify what a server publishes instead.", show_default=False)]
ReceiptFile = Annotated[Path | None, typer.Option(help="Verify one entry's receipt instead.", show_default=False)]
MemberFile = Annotated[Path | None, typer.Option(help="With it: a member's receipt.", show_default=False)]
Key = Annotated[str | None, typer.Option(help="The verifier key, or its file: from elsewhere.", show_default=False)]
Anchor = Annotated[Path | None, typer.Option(help="A checkpoint seen before or elsewhere.", show_default=False)]
First = Annotated[int, typer.Option(min=0, help="The first entry to verify.")]
Last = Annotated[int | None, typer.Option(min=0, help="The last one; default: the newest.", show_default=False)]


@ledger_cli.command("verify")
def ledger_verify(
    files: Files = None,
    url: Url = None,
    receipt: ReceiptFile = None,
    member: MemberFile = None,
    key: Key = None,
    anchor: Anchor = None,
    first: First = 0,
    last: Last = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Recompute the whole ledger from its stored bytes; exit code 6 where anything was changed.

    With --files, --url or --receipt, and --key: what was published, without the data directory.
    """
    named = sum(one is not None for one in (files, url, receipt))
    if named > 1 or (named == 1) != (key is not None) or (member is not None and receipt is None):
        raise BadInput("--key goes with one of --files, --url, --receipt; --member with --receipt", where="options")
    if key is None:
        _verify_stored(directory, json_)
    elif receipt is not None:
        _verify_receipt(receipt, member, _key(key), json_)
    else:
        seen = None if anchor is None else _text(anchor)
        opening = _opening(files, url)
        with progress("recomputing what is published", json_, "entries") as told:
            proven = recompute(opening, _key(key), first=first, last=last, anchor=seen, processes=cores(), seen=told)
        content = {
            "verified": True,
            "entries": proven.size,
            "root": proven.root.hex(),
            "first": proven.first,
            "last": proven.last,
            "anchored": proven.anchored,
        }
        answer(json_, content, lambda: _tell_published(content))


def _verify_stored(directory: Path | None, json_: bool) -> None:
    with progress("recomputing the ledger", json_, "entries") as told, open_directory(directory) as solely:
        proven = solely.verify_ledger(told)
    content = {
        "verified": True,
        "entries": proven.size,
        "root": proven.root.hex(),
        "checkpoints": proven.checkpoints,
        "covered": proven.covered,
        "anchored": proven.anchored,
    }
    root = proven.root.hex()
    answer(
        json_,
        content,
        lambda: _say(f"Verified: {proven.size:,} in the ledger, {proven.checkpoints:,} signed heads; root {root}"),
    )


def _tell_published(content: dict[str, Any]) -> None:
    part = "" if content["last"] is None else f", {content['first']:,} to {content['last']:,} recomputed"
    _say(f"Verified: {content['entries']:,} published{part}; root {content['root']}")
    if content["anchored"] is None:
        _say("Without --anchor nothing shows that its end was not cut, or that others are not shown another history.")


def _verify_receipt(receipt: Path, member: Path | None, key: VerifierKey, json_: bool) -> None:
    proven = verify_receipt(_text(receipt), key)
    content = {
        "verified": True,
        "sequence": proven.entry.sequence,
        "entry": proven.body.decode(),
        "entries": proven.head.size,
        "root": proven.head.root.hex(),
    }
    if member is not None:
        content["member"] = _member(member, proven)

    def show() -> None:
        entry = proven.entry
        _say(f"Verified: entry {entry.sequence:,} of {proven.head.size:,}, a {entry.type} of {entry.time:%Y-%m-%d}:")
        _say(proven.body.decode())
        if member is not None:
            _say(f"It speaks of member {content['member']}.")

    answer(json_, content, show)


def _member(path: Path, proven: Receipted) -> str:
    if proven.entry.members is None:
        raise NotFound("the entry speaks of no members", where=f"ledger entry {proven.entry.sequence}")
    shown = verify_member_receipt(_text(path), proven.entry.members).member
    return shown.hex() if isinstance(shown, bytes) else str(shown)


@ledger_cli.command("publish")
def ledger_publish(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Default: ledger/public in the data directory.")
    ] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Write the ledger as static files, which any web server can serve (C2SP tlog-tiles)."""
    with progress("publishing", json_, "entries") as told, open_directory(directory) as solely:
        done = solely.publish(folder, told)
    content = {"entries": done.size, "files": done.files}
    answer(json_, content, lambda: _say(f"Published: {done.size:,} in the ledger; {many(done.files, 'file')} written."))


@ledger_cli.command("prove")
def ledger_prove(
    sequence: Annotated[int, typer.Argument(min=0, help="Which entry.")],
    out: Annotated[Path, typer.Option(help="The receipt's file, as entry.tlog-proof.")],
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Write one entry's receipt, which proves it to anyone who has the verifier key (C2SP tlog-proof)."""
    with busy("proving", json_), open_directory(directory) as solely:
        receipt = solely.prove(sequence)
    out.write_text(receipt, encoding="utf-8")
    content = {"sequence": sequence, "receipt": str(out)}
    answer(json_, content, lambda: _say(f"Entry {sequence:,}: its receipt is {out}."))


@ledger_cli.command("checkpoint")
def ledger_checkpoint(directory: Dir = None, json_: Json = False) -> None:
    """Print the newest signed head, to keep or to compare (C2SP tlog-checkpoint)."""
    with open_directory(directory) as solely:
        note = solely.sign_ledger()
    answer(json_, {"checkpoint": note}, lambda: print(note, end=""))  # noqa: T201 - as it was signed, byte for byte


def _opening(files: Path | None, url: str | None) -> Opening:
    return partial(from_url, url) if url is not None else partial(in_folder, files or Path())


def _key(text: str) -> VerifierKey:
    """A verifier key, as it stands or in a file of that name."""
    return read_verifier_key(text if "+" in text else _text(Path(text)).strip())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_TEXT + 1)
        if len(data) <= _MAX_TEXT:
            return data.decode()
    except OSError as error:
        raise NotFound("can't be read", where=str(path), cure="check its name and rights") from error
    except UnicodeDecodeError:
        pass
    raise BadInput("not the text that it should be", where=str(path))


def _say(text: str) -> None:
    OUT.print(text, markup=False, highlight=False, soft_wrap=True)


ledger_cli.command("serve")(ledger_serve)
