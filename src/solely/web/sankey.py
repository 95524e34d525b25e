"""The geometry of a picture of flows: three columns of nodes, ribbons between them, labels that never overlap.

- A unit has one height everywhere, so what enters a node leaves it, and two pictures of one total compare.
- Pure: amounts in, coordinates out; a template draws them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Frame", "Label", "Node", "Picture", "Ribbon", "draw"]

Path = tuple[str, str, str]  # a node of each column


@dataclass(frozen=True, slots=True)
class Frame:
    """The canvas: its size, the room for labels at both sides, and what nodes and labels take."""

    width: float
    height: float
    left: float
    right: float
    bar: float = 10
    gap: float = 16
    line: float = 15  # height of one line of a label; a label has two


@dataclass(frozen=True, slots=True)
class Node:
    """A bar. `amount` is what flows through it."""

    name: str
    column: int
    amount: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Ribbon:
    """What flows from one node to another. It leaves at `y0`, arrives at `y1`, and is `height` high all along."""

    source: str
    target: str
    purpose: str  # the middle node, which gives the colour
    amount: int
    x0: float
    y0: float
    x1: float
    y1: float
    height: float

    @property
    def path(self) -> str:
        """The outline, as an SVG path."""
        x0, y0, x1, y1, h = self.x0, self.y0, self.x1, self.y1, self.height
        m = (x0 + x1) / 2
        return (
            f"M{x0:.1f},{y0:.2f} C{m:.1f},{y0:.2f} {m:.1f},{y1:.2f} {x1:.1f},{y1:.2f} "
            f"V{y1 + h:.2f} C{m:.1f},{y1 + h:.2f} {m:.1f},{y0 + h:.2f} {x0:.1f},{y0 + h:.2f} Z"
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Two lines beside a node: a name and an amount. `y` is the top; `anchor` an SVG text-anchor."""

    name: str
    column: int
    amount: int
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn in a frame."""

    frame: Frame
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    labels: tuple[Label, ...]


def draw(amounts: Mapping[Path, int], order: Sequence[Sequence[str]], frame: Frame) -> Picture:
    """Lay out what flows along each path. `order` names the nodes of each column from top to bottom.

    A node that nothing flows through has a label and no height: that nothing came is worth saying.
    """
    columns = [dict.fromkeys(names, 0) for names in order]
    for path, amount in amounts.items():
        for column, name in zip(columns, path, strict=True):
            column[name] += amount
    rows = max(len(names) for names in order)
    unit = (frame.height - frame.gap * (rows - 1)) / (sum(amounts.values()) or 1)
    nodes = [node for number, column in enumerate(columns) for node in _stack(number, column, unit, frame)]
    ribbons = [
        ribbon
        for number in (0, 1)
        for ribbon in _join(number, amounts, [[n for n in nodes if n.column == number + i] for i in (0, 1)], frame.bar)
    ]
    labels = [label for number in range(3) for label in _place([n for n in nodes if n.column == number], frame)]
    return Picture(frame, tuple(nodes), tuple(ribbons), tuple(labels))


def _stack(number: int, column: Mapping[str, int], unit: float, frame: Frame) -> list[Node]:
    """One column of nodes, centred."""
    x = frame.left + number * (frame.width - frame.left - frame.right - frame.bar) / 2
    used = unit * sum(column.values()) + frame.gap * (len(column) - 1)
    y, nodes = (frame.height - used) / 2, []
    for name, amount in column.items():
        nodes.append(Node(name, number, amount, x, y, amount * unit))
        y += amount * unit + frame.gap
    return nodes


def _join(number: int, amounts: Mapping[Path, int], sides: Sequence[Sequence[Node]], bar: float) -> list[Ribbon]:
    """The ribbons between two columns; at each node they lie one under another, in the order of the other side."""
    between: Counter[tuple[str, str]] = Counter()
    for path, amount in amounts.items():
        between[path[number], path[number + 1]] += amount
    leave = {node.name: node.y for node in sides[0]}
    arrive = {node.name: node.y for node in sides[1]}
    ribbons = []
    for source in sides[0]:
        for target in sides[1]:
            amount = between[source.name, target.name]
            if not amount:
                continue
            height = source.height * amount / source.amount
            purpose = target.name if number == 0 else source.name
            ribbons.append(
                Ribbon(
                    source.name, target.name, purpose, amount,
                    source.x + bar, leave[source.name], target.x, arrive[target.name], height,
                )
            )  # fmt: skip
            leave[source.name] += height
            arrive[target.name] += height
    return ribbons


def _place(column: Sequence[Node], frame: Frame) -> list[Label]:
    """Each label beside the middle of its node, moved down and then up where it would lie on another."""
    tall = 2 * frame.line
    tops = [node.y + node.height / 2 - frame.line for node in column]
    ceiling, floor = 0.0, frame.height
    for i in range(len(tops)):
        tops[i] = max(tops[i], ceiling)
        ceiling = tops[i] + tall
    for i in reversed(range(len(tops))):
        tops[i] = min(tops[i], floor - tall)
        floor = tops[i]
    aside = 6
    return [
        Label(
            node.name,
            node.column,
            node.amount,
            node.x - aside if node.column == 0 else node.x + frame.bar + aside,
            top,
            "end" if node.column == 0 else "start",
        )
        for node, top in zip(column, tops, strict=True)
    ]
