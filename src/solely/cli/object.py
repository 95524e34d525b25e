"""`solely object`: a person objects to marketing, and it ends."""

from __future__ import annotations

from typing import Annotated

import typer

from solely.app.rights import objected
from solely.cli.terminal import OUT, Dir, Json, answer, many, open_directory
from solely.give.choosing import Objected

__all__ = ["object_"]


def object_(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    purpose: Annotated[str | None, typer.Option(help="One purpose of marketing; default: all marketing.")] = None,
    signal: Annotated[bool, typer.Option("--signal", help="Their browser said so: Sec-GPC: 1.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """A person objects to marketing: it ends at once, and no import brings it back until they lift that themselves."""
    with open_directory(directory) as solely:
        done = objected(solely.parts, subject, purpose, source="gpc" if signal else "person")
    answer(json_, {"new": done.new, "ended": dict(done.ended)}, lambda: _show(done))


def _show(done: Objected) -> None:
    ended = sum(done.ended.values())
    OUT.print("The objection is recorded." if done.new else "This objection stood already.")
    OUT.print(f"{many(ended, 'giving')} ended." if ended else "Nothing stood.", highlight=False)
