"""What all commands share: two consoles, common options, the answer, signs of life, how an error is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from solely import app as application
from solely.app import Solely
from solely.errors import NotFound, SolelyError, Throttled

__all__ = [
    "ERR",
    "OUT",
    "QUIET",
    "Advertiser",
    "Dir",
    "Json",
    "answer",
    "busy",
    "complain",
    "many",
    "open_directory",
    "progress",
    "rejects_file",
]

QUIET: Any = {"pretty_exceptions_enable": False, "no_args_is_help": True}  # a traceback may show a contact
OUT, ERR = Console(), Console(stderr=True)

Dir = Annotated[Path | None, typer.Option("--dir", help="The data directory; or set SOLELY_DIR.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
Advertiser = Annotated[str, typer.Option(help="Who uploads the list.")]


def complain(error: SolelyError) -> None:
    if "--json" in sys.argv:
        words: dict[str, str | None]
        words = {"error": type(error).__name__, "what": error.what, "where": error.where, "cure": error.cure}
        if isinstance(error, Throttled):
            words["retry_at"] = error.retry_at.isoformat() if error.retry_at else None
        print(json.dumps(words))  # noqa: T201 - the answer itself
    else:
        place = f"{error.where}: " if error.where else ""
        ERR.print(f"solely: {place}{error.what}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        if error.cure:
            ERR.print(f"  cure: {error.cure}", markup=False, highlight=False)
        if isinstance(error, Throttled) and error.retry_at:
            ERR.print(f"  not before {error.retry_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", highlight=False)


@contextmanager
def open_directory(directory: Path | None) -> Iterator[Solely]:
    """The directory at work; after it, the alarm of its witnesses, where there is one."""
    found = directory or application.directory_from_environment()
    if found is None:
        raise NotFound("no data directory named", cure="give --dir DIR, or set SOLELY_DIR")
    solely = Solely(found)
    try:
        with solely:
            yield solely
    finally:
        if solely.alarm:
            ERR.print(f"solely: alarm: {solely.alarm}", style="bold red", markup=False, highlight=False, soft_wrap=True)


def answer(as_json: bool, content: Mapping[str, Any], show: Callable[[], None]) -> None:
    if as_json:
        print(json.dumps(content, ensure_ascii=False))  # noqa: T201 - the answer itself
    else:
        show()


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


@contextmanager
def progress(words: str, quiet: bool, noun: str = "rows") -> Iterator[Callable[[int], None]]:
    """A bar on standard error that counts rows, or what `noun` says; nothing with --json or where nobody watches."""
    if quiet or not ERR.is_terminal:
        yield lambda _rows: None
        return
    count = TextColumn(f"{{task.completed:,}} {noun}")
    columns = (TextColumn("{task.description}"), BarColumn(pulse_style="cyan"), count)
    with Progress(*columns, TimeElapsedColumn(), console=ERR, transient=True) as bars:
        task: TaskID = bars.add_task(words, total=None)
        yield lambda rows: bars.update(task, completed=rows)


@contextmanager
def busy(words: str, quiet: bool) -> Iterator[None]:
    """A sign of life on standard error for work that has no count."""
    if quiet or not ERR.is_terminal:
        yield
        return
    with ERR.status(words):
        yield


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TextIO | None]:
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
