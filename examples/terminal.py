"""What the tour shows in a terminal: numbered steps while it works, then its tables, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.status import Status
from rich.table import Table

from solely.web.story import ListLine, Story

__all__ = ["Steps", "say", "show"]

_COLUMNS = 80
console = Console(width=min(_COLUMNS, Console().width), highlight=False)


def say(words: str = "", style: str = "") -> None:
    """Print words as they are."""
    console.print(words, style=style, markup=False)


class Step:
    """A step under way: `doing` says how far it is, `done` is the sentence it ends with."""

    def __init__(self, status: Status) -> None:
        self._status, self.done = status, ""

    def doing(self, words: str) -> None:
        self._status.update(words)


class Steps:
    """Numbers the steps, and says what each did and how long it took."""

    def __init__(self) -> None:
        self._count = 0

    @contextmanager
    def step(self, words: str) -> Iterator[Step]:
        """Show `words` while the step is under way, and its `done` once it is over."""
        self._count += 1
        started = perf_counter()
        with console.status(words) as status:
            step = Step(status)
            yield step
        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(width=2, justify="right", style="bold cyan")
        line.add_column(ratio=1)
        line.add_column(width=6, justify="right", style="dim", no_wrap=True)
        line.add_row(str(self._count), step.done, f"{perf_counter() - started:.1f} s")
        console.print(line)


def show(story: Story) -> None:
    """The tables of a story."""
    console.print()
    console.print(_lists(story))
    console.print()
    say("Contacts given for security that went into advertising:")
    say(f"  without purposes {story.security_in_ads:,}, with Solely {story.security_in_ads_with_solely:,}", "bold")
    console.print()
    console.print(_audit(story))
    console.print()
    ledger = story.ledger
    say(f"Ledger: {ledger.entries} entries, recomputed from their stored bytes: whole.")
    say(f"  root {ledger.root}", "dim")


def _table(*heads: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", no_wrap=number > 0, overflow="fold")
    return table


def _lists(story: Story) -> Table:
    table = _table("list", "rows", "usable", "tailored\nads", "partner\nads", "without\npurposes", "only by\nsecurity")
    for line in story.lists:
        table.add_row(line.name, *_numbers(line), end_section=line is story.lists[-1])
    table.add_row("all lists, a person once", *_numbers(story.total), style="bold")
    return table


def _numbers(line: ListLine) -> list[str]:
    numbers = (line.rows, line.usable, line.tailored, line.partner, line.without, line.only_security)
    return [f"{number:,}" for number in numbers]


def _audit(story: Story) -> Table:
    table = _table("audit of the older platform", "audience rows", "people affected")
    for line in story.audit:
        table.add_row(line.advertiser, f"{line.rows:,}", f"{line.affected:,}", end_section=line is story.audit[-1])
    table.add_row("all, each person once", "", f"{story.affected:,}", style="bold")
    return table
