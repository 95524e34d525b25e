"""`solely audit`: whom existing audiences reached, read from tables alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from solely import app as application
from solely.cli.terminal import ERR, OUT, Json, answer
from solely.errors import BadInput

__all__ = ["audit"]


def _mapping(options: list[str], where: str) -> dict[str, str]:
    pairs = [option.partition("=") for option in options]
    if not all(name and column for name, _, column in pairs):
        raise BadInput("a column is named as NAME=COLUMN", where=where, cure="for example subject=user_id")
    return {name: column for name, _, column in pairs}


def audit(
    contacts: Annotated[Path, typer.Option(help="The contacts held, with what each was given for.")],
    audiences: Annotated[Path, typer.Option(help="What was matched, for whom and when.")],
    legal: Annotated[
        list[str] | None,
        typer.Option(help="A lawful purpose, as the table spells it; may be repeated; default: tailored-audiences."),
    ] = None,
    contact_column: Annotated[
        list[str] | None, typer.Option(metavar="NAME=COLUMN", help="A contacts column by another name.")
    ] = None,
    audience_column: Annotated[
        list[str] | None, typer.Option(metavar="NAME=COLUMN", help="An audiences column by another name.")
    ] = None,
    json_: Json = False,
) -> None:
    """Whom did existing audiences reach through contacts not given for that? Needs no data directory."""
    report = application.audit_tables(
        contacts,
        audiences,
        legal=legal or ("tailored-audiences",),
        contact_columns=_mapping(contact_column or [], "--contact-column"),
        audience_columns=_mapping(audience_column or [], "--audience-column"),
        progress=(lambda _words: None) if json_ or not ERR.is_terminal else ERR.print,
    )

    def show() -> None:
        table = Table("advertiser", "audience rows", "affected", box=None, pad_edge=False)
        for name, one in report.advertisers.items():
            table.add_row(name, f"{one.audience_rows:,}", f"{len(one.subjects):,}")
        OUT.print(table)
        OUT.print(f"{report.affected:,} people affected in all.", highlight=False)
        for count, name in ((report.contacts, "contacts"), (report.audiences, "audiences")):
            for reason, rows in sorted(count.unreadable.items()):
                OUT.print(f"  {name}: {rows:,} rows not read: {reason}", highlight=False)

    answer(json_, report.as_json(), show)
