"""The verbs in a terminal. Thin: it reads options, calls `app`, prints; every rule stands elsewhere.

Exit codes: 0 done, 1 a fault of Solely's own, 2 input (or a command) that can't be read, 3 refused,
4 not found, 5 conflict, 6 tampered, 7 unavailable (errors.py).
With --json the answer, or the error, is one JSON object on standard output.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from solely import app as application
from solely.app import Solely
from solely.audiences.lists import CURES as LIST_CURES
from solely.audiences.lists import ListReport
from solely.consent import CURES as GIVING_CURES
from solely.errors import BadInput, NotFound, SolelyError, Unavailable

__all__ = ["main"]

_quiet: Any = {"pretty_exceptions_enable": False, "no_args_is_help": True}  # a traceback may show a contact
cli = typer.Typer(**_quiet, add_completion=False, help="Each contact used solely for what it was given for.")
audience_cli = typer.Typer(**_quiet, help="Audiences, for the officer.")
ledger_cli = typer.Typer(**_quiet, help="The ledger.")
cli.add_typer(audience_cli, name="audience")
cli.add_typer(ledger_cli, name="ledger")

_out, _err = Console(), Console(stderr=True)

Dir = Annotated[Path | None, typer.Option("--dir", help="The data directory; or set SOLELY_DIR.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
Advertiser = Annotated[str, typer.Option(help="Who uploads the list.")]
_SHOWN = 10  # refused rows shown in a terminal


def main() -> None:
    """Run the command line; errors become one message and an exit code, never a traceback."""
    try:
        cli()
    except SolelyError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except OSError as error:
        _complain(Unavailable(error.strerror or "the system refused", where=str(error.filename or "")))
        sys.exit(Unavailable.exit_code)
    except Exception as error:  # noqa: BLE001 - its message may hold what a person typed; its kind and place do not
        frames = [frame for frame, _ in walk_tb(error.__traceback__)]
        place = next((f"{f.f_globals['__name__']}:{f.f_lineno}" for f in reversed(frames) if _is_ours(f)), "")
        _complain(
            SolelyError(f"a fault ({type(error).__name__})", where=place, cure="nothing was done by halves: report it")
        )
        sys.exit(SolelyError.exit_code)


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("solely")


def _complain(error: SolelyError) -> None:
    if "--json" in sys.argv:
        words = {"error": type(error).__name__, "what": error.what, "where": error.where, "cure": error.cure}
        print(json.dumps(words))  # noqa: T201 - the answer itself
    else:
        place = f"{error.where}: " if error.where else ""
        _err.print(f"solely: {place}{error.what}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        if error.cure:
            _err.print(f"  cure: {error.cure}", markup=False, highlight=False)


def _open(directory: Path | None) -> Solely:
    found = directory or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    return Solely(found)


def _answer(as_json: bool, content: Mapping[str, Any], show: Callable[[], None]) -> None:
    if as_json:
        print(json.dumps(content, ensure_ascii=False))  # noqa: T201 - the answer itself
    else:
        show()


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


@contextmanager
def _progress(words: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error that counts rows; nothing with --json or where nobody watches."""
    if quiet or not _err.is_terminal:
        yield lambda _rows: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(pulse_style="cyan"), TextColumn("{task.completed:,} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=_err, transient=True) as bars:
        task: TaskID = bars.add_task(words, total=None)
        yield lambda rows: bars.update(task, completed=rows)


@contextmanager
def _busy(words: str, quiet: bool) -> Iterator[None]:
    """A sign of life on standard error for work that has no count."""
    if quiet or not _err.is_terminal:
        yield
        return
    with _err.status(words):
        yield


@contextmanager
def _rejects(path: Path | None) -> Iterator[TextIO | None]:
    """A file that takes its place when the command is done; a command that fails leaves what was there."""
    if path is None:
        yield None
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@cli.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make it; a new or empty directory.")],
    policy: Annotated[Path | None, typer.Option(help="A policy.toml; default: the shipped one.")] = None,
    json_: Json = False,
) -> None:
    """Make a data directory: policy, keys, database, ledger."""
    with _busy("making keys and database", json_):
        made = application.init(directory, *([policy] if policy else []))

    def show() -> None:
        _out.print(f"Made {directory}: {len(made.purposes)} purposes, a key file and a role for each compartment.")
        if not application.is_wrapped():
            _out.print("The key files are not wrapped: set SOLELY_PASSPHRASE before init for more than a trial.")

    _answer(json_, {"directory": str(directory), "purposes": sorted(made.purposes), "policy": made.digest}, show)


@cli.command()
def give(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: subject,kind,value,purpose,notice,given_at,withdrawn_at.")
    ],
    notices: Annotated[Path | None, typer.Option(help="PURPOSE/VERSION.txt; default: notices/ beside FILE.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write refused rows here: row, reason.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Record a file of givings. Safe to repeat: what is recorded is not doubled."""
    refused: list[tuple[int, str]] = []
    with _open(directory) as solely, _rejects(rejects) as out, _progress("giving", json_) as progress:
        writer = csv.writer(out) if out else None
        if writer:
            writer.writerow(["row", "reason"])

        def note(row: int, reason: str) -> None:
            if writer:
                writer.writerow([row, reason])
            if len(refused) < _SHOWN or json_:
                refused.append((row, reason))

        given = solely.give_file(file, notices, on_refused=note, on_progress=lambda so_far: progress(so_far.rows))
    content = {
        "rows": given.rows,
        "given": given.given,
        "known": given.known,
        "ended": given.ended,
        "refused": dict(given.refused),
        "refused_rows": [{"row": row, "reason": reason} for row, reason in refused],
    }

    def show() -> None:
        _out.print(f"{given.rows:,} rows: {given.given:,} given, {given.known:,} known before, {given.ended:,} ended.")
        for reason, rows in sorted(given.refused.items()):
            _out.print(f"  refused {rows:,}: {reason} ({GIVING_CURES[reason]})", highlight=False)
        for row, reason in refused[:_SHOWN]:
            _out.print(f"    row {row}: {reason}", highlight=False)

    _answer(json_, content, show)


@cli.command()
def withdraw(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The platform's own id of the person.")],
    purpose: Annotated[str, typer.Option(help="What for: a purpose of policy.toml.")],
    kind: Annotated[str | None, typer.Option(help="email or phone; default: both.")] = None,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """End a subject's givings for a purpose, at once, in existing audiences too."""
    with _open(directory) as solely:
        ended = solely.withdraw(subject, purpose, kind)
    _answer(
        json_, {"ended": ended}, lambda: _out.print(f"{_many(ended, 'giving')} ended." if ended else "Nothing stood.")
    )


@cli.command()
def match(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="CSV, TXT, TSV, XLSX or Parquet; gzip too.")],
    advertiser: Advertiser,
    audience: Annotated[str, typer.Option(help="The audience's name.")],
    purpose: Annotated[str, typer.Option(help="What for: tailored-audiences or partner-audiences.")] = (
        "tailored-audiences"
    ),
    country: Annotated[
        str | None, typer.Option(help="Where national phone numbers are from (ISO 3166, as DE).")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column means, as 2=phone; see docs/lists.md.", metavar="N=MEANING")
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write unusable rows here: row, line, reason.")] = None,
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Read and report; match nothing.")] = False,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """Match a customer list: only contacts given for that purpose are met."""
    columns = _columns(column or [])
    with _rejects(rejects) as out, _progress("reading", json_) as progress:
        options: dict[str, Any] = {"country": country, "columns": columns, "rejects": out, "progress": progress}
        if validate_only:
            report, status, entry = application.validate(file, **options), None, None
        else:
            with _open(directory) as solely:
                matched = solely.match(file, advertiser, audience, purpose, **options)
            report, status, entry = matched.report, matched.status, matched.ledger
    content = {**_report(report), "status": status, "ledger": entry}
    _answer(json_, content, lambda: _show_report(report, status, entry))


def _columns(options: list[str]) -> dict[int, str]:
    columns = {}
    for option in options:
        number, _, meaning = option.partition("=")
        if not number.isdecimal() or not meaning:
            raise BadInput("a column is set as NUMBER=MEANING", where="--column", cure="for example --column 2=phone")
        columns[int(number)] = meaning
    return columns


def _report(report: ListReport) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "usable": report.usable,
        "unusable": dict(report.unusable),
        "columns": [
            {"number": one.number, "header": one.header, "meaning": one.meaning, "by": one.by} for one in report.columns
        ],
        "format": report.format,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "header": report.header,
    }


def _show_report(report: ListReport, status: str | None, entry: int | None) -> None:
    _out.print(f"{report.rows:,} rows, {report.usable:,} usable ({report.format}, {report.encoding}).", highlight=False)
    table = Table("column", "header", "read as", "told by", box=None, pad_edge=False)
    for one in report.columns:
        table.add_row(str(one.number), one.header or "", one.meaning, one.by)
    _out.print(table)
    for reason, rows in sorted(report.unusable.items()):
        _out.print(f"  {rows:,} unusable: {reason} ({LIST_CURES[reason]})", highlight=False)
    if status is not None:
        _out.print(f"Audience {status}; use {entry} in the ledger.", highlight=False)


@audience_cli.command("members")
def audience_members(
    name: Annotated[str, typer.Argument(metavar="N", help="The audience's name.")],
    advertiser: Advertiser,
    directory: Dir = None,
    json_: Json = False,
) -> None:
    """The subjects of an audience, for the officer alone: a disclosure, in the ledger before it is made."""
    with _open(directory) as solely:
        subjects = solely.members(advertiser, name)
    _answer(json_, {"subjects": subjects}, lambda: print(*subjects, sep="\n"))  # noqa: T201 - one a line


@ledger_cli.command("verify")
def ledger_verify(directory: Dir = None, json_: Json = False) -> None:
    """Recompute the whole ledger from its stored bytes; exit code 6 where anything was changed."""
    with _busy("recomputing the ledger", json_), _open(directory) as solely:
        proven = solely.verify_ledger()
    content = {
        "verified": True,
        "entries": proven.size,
        "root": proven.root.hex(),
        "checkpoints": proven.checkpoints,
        "covered": proven.covered,
        "anchored": proven.anchored,
    }
    _answer(
        json_,
        content,
        lambda: _out.print(
            f"Verified: {proven.size:,} in the ledger, {proven.checkpoints:,} signed heads; root {proven.root.hex()}",
            highlight=False,
            soft_wrap=True,
        ),
    )


def _mapping(options: list[str], where: str) -> dict[str, str]:
    pairs = [option.partition("=") for option in options]
    if not all(name and column for name, _, column in pairs):
        raise BadInput("a column is named as NAME=COLUMN", where=where, cure="for example subject=user_id")
    return {name: column for name, _, column in pairs}


@cli.command()
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
        progress=(lambda _words: None) if json_ or not _err.is_terminal else _err.print,
    )

    def show() -> None:
        table = Table("advertiser", "audience rows", "affected", box=None, pad_edge=False)
        for name, answer in report.advertisers.items():
            table.add_row(name, f"{answer.audience_rows:,}", f"{len(answer.subjects):,}")
        _out.print(table)
        _out.print(f"{report.affected:,} people affected in all.", highlight=False)
        for count, name in ((report.contacts, "contacts"), (report.audiences, "audiences")):
            for reason, rows in sorted(count.unreadable.items()):
                _out.print(f"  {name}: {rows:,} rows not read: {reason}", highlight=False)

    _answer(json_, report.as_json(), show)
