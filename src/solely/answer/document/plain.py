"""A document as plain text of at most 78 columns, as an e-mail carries it. A picture is the words that say the same."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Line

from solely.answer.document.blocks import Block, Document, Fields, Heading, Items, Picture, Table, Text, shown

__all__ = ["as_text"]

_COLUMNS = 78
_RULES = {1: "=", 2: "-"}


def as_text(document: Document) -> str:
    """The whole document. Wide characters, as of Japanese, count as two columns; no line is longer."""
    parts: list[RenderableType] = [_headed(document.title, 1)]
    parts += [_part(block) for block in document.blocks]
    return "\n".join(_printed(part) for part in parts)


def _part(block: Block) -> RenderableType:
    match block:
        case Heading(text, level):
            return _headed(text, level)
        case Text(text):
            return _line(text)
        case Items(items):
            return _grid(("-", item) for item in items)
        case Table():
            return _table(block)
        case Fields(pairs):
            return _grid((f"{label}:", value) for label, value in pairs)
        case Picture(_, alt):
            return Padding(_line(f"[{alt}]"), (0, 0, 0, 2))


def _line(text: str) -> Line:
    return Line(shown(text), overflow="fold")


def _headed(text: str, level: int) -> Line:
    line = _line(text)
    return _ruled(line, _RULES[level]) if level in _RULES else line


def _ruled(line: Line, rule: str) -> Line:
    """With a rule below, as long as the longest of its lines."""
    longest = max(cell_len(one) for one in line.plain.split("\n"))
    return line.append("\n" + rule * min(longest, _COLUMNS))


def _grid(rows: Iterable[tuple[str, str]]) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(overflow="fold", max_width=_COLUMNS // 3)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*map(_line, row))
    return grid


def _table(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for n, cell in enumerate(table.header):
        grid.add_column(_ruled(_line(cell), "-"), overflow="fold", justify="right" if n in table.numbers else "left")
    for row in table.rows:
        grid.add_row(*map(_line, row))
    return grid


def _printed(part: RenderableType) -> str:
    file = StringIO()
    console = Console(file=file, width=_COLUMNS, color_system=None, force_terminal=False, legacy_windows=False)
    console.print(part, markup=False, highlight=False, emoji=False)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().split("\n")[:-1])
