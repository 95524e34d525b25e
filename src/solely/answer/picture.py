"""How many there were in each month, as a picture: stacked bars, a colour for each series.

- SVG that means the same to a browser, a PDF and a screen reader. In a dark page its words and lines are light.
- The same numbers are the same bytes. Every month from the first to the last has its place, also one without any.
- A bar is the sum of its series: who is in two of them stands in it twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from rich.cells import cell_len, set_cell_size

from solely.answer.document.blocks import shown
from solely.errors import BadInput

__all__ = ["over_time"]

# Okabe and Ito's colours, told apart by the colour-blind; their yellow, too pale on white, is darker here.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b0a22c")
_OTHERS = "#8a919a"
_WIDTH, _RIGHT, _FOOT = 720.0, 8.0, 46.0
_PLOT, _EMPTY = 230.0, 60.0  # height of the bars, and of a picture without any
_LINE = 20.0  # height of a row of the legend
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000)  # months between two labels
_LABEL = 58.0  # room for one of them
_MAX_NAME = 30  # columns of a series' name in the legend
_MAX_BAR = 44.0
_STYLE = (
    "text{font-family:system-ui,'Segoe UI','Liberation Sans','DejaVu Sans',sans-serif;font-size:12px}"
    ":root{color-scheme:light dark}"
    "@media (prefers-color-scheme:dark){.ink{fill:#e8e9ea}.soft{fill:#a2aab3}.line{stroke:#343a42}}"
)

Months = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Axis:
    """The months from first to last, as numbers since year 0, where they begin, and how wide each is."""

    first: int
    last: int
    left: float

    @property
    def width(self) -> float:
        return (_WIDTH - self.left - _RIGHT) / (self.last - self.first + 1)

    def middle(self, month: int) -> float:
        return self.left + (month - self.first + 0.5) * self.width


def over_time(series: Mapping[str, Months], *, title: str, noun: str = "people") -> str:
    """The SVG. A month is `YYYY-MM`; series beyond the seven largest are drawn together, as `others`.

    Raises BadInput for another spelling of a month, or a number below zero.
    """
    counted = {shown(name): _read(months) for name, months in series.items()}
    drawn = _drawn({name: months for name, months in counted.items() if months})
    body = [
        f'<text class="ink" x="0" y="16" style="font-size:14px;font-weight:600" fill="#1b1f24">{_text(title)}</text>'
    ]
    legend, top = _legend(drawn)
    body += legend
    if drawn:
        body += _plot([months for _, _, months in drawn], top, noun)
        height = top + _PLOT + _FOOT
    else:
        body.append(_words(0, top, f"no {noun}", "start"))
        height = _EMPTY
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" width="{_WIDTH:g}"'
        f' height="{height:g}" role="img" aria-label="{_text(title)}">'
        f"<title>{_text(title)}</title><desc>{_text(_told(drawn, noun))}</desc><style>{_STYLE}</style>"
        + "".join(body)
        + "</svg>"
    )


Drawn = tuple[str, str, Mapping[int, int]]  # a series' name, its colour, its months


def _read(months: Months) -> dict[int, int]:
    """Months as numbers, those without any left out."""
    found = {}
    for month, count in months.items():
        parts = _MONTH.fullmatch(month)
        if parts is None or count < 0:
            raise BadInput("a month is YYYY-MM, and its number not below zero", where="picture")
        if count:
            found[int(parts[1]) * 12 + int(parts[2]) - 1] = count
    return found


def _drawn(counted: Mapping[str, Mapping[int, int]]) -> list[Drawn]:
    """The largest first, each with its colour; the rest as one."""
    order = sorted(counted, key=lambda name: (-sum(counted[name].values()), name))
    kept, rest = order[: len(_COLOURS)], order[len(_COLOURS) :]
    drawn: list[Drawn] = [(name, colour, counted[name]) for name, colour in zip(kept, _COLOURS, strict=False)]
    if rest:
        others: Counter[int] = Counter()
        for name in rest:
            others.update(counted[name])
        drawn.append((f"{len(rest)} others", _OTHERS, others))
    return drawn


def _legend(drawn: Sequence[Drawn]) -> tuple[list[str], float]:
    """Names beside their colours, in as many rows as they need; and where the plot begins."""
    parts, x, y = [], 0.0, 42.0
    for name, colour, _ in drawn:
        short = name if cell_len(name) <= _MAX_NAME else set_cell_size(name, _MAX_NAME - 1).rstrip() + "…"
        room = 38 + 7.2 * cell_len(short)
        if x and x + room > _WIDTH:
            x, y = 0.0, y + _LINE
        parts.append(f'<rect x="{x:.1f}" y="{y - 10:g}" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(_words(x + 18, y, short, "start", "ink"))
        x += room
    return parts, (y + 26 if drawn else 42.0)


def _plot(series: Sequence[Mapping[int, int]], top: float, noun: str) -> list[str]:
    sums: Counter[int] = Counter()
    for months in series:
        sums.update(months)
    step = _step(max(sums.values()))
    most = step * -(-max(sums.values()) // step)
    axis = _Axis(min(sums), max(sums), left=16 + 7.5 * len(f"{most:,}"))
    return [
        *_grid(axis.left, top, most, step),
        *_bars(series, axis, top, most),
        *_labels(axis, top + _PLOT + 18),
        _words(_WIDTH - _RIGHT, top + _PLOT + 38, f"{noun} by month", "end"),
    ]


def _bars(series: Sequence[Mapping[int, int]], axis: _Axis, top: float, most: int) -> Iterator[str]:
    """One path for each series. A hair's gap parts two that lie on each other."""
    wide = min(axis.width * 0.82, _MAX_BAR)
    below: Counter[int] = Counter()
    for months, colour in zip(series, (*_COLOURS, _OTHERS), strict=False):
        path = []
        for month, count in sorted(months.items()):
            foot = top + _PLOT * (1 - below[month] / most)
            high = _PLOT * count / most
            gap = 0.8 if below[month] and high > 2 else 0.0  # noqa: PLR2004 - what is thinner would vanish
            path.append(
                f"M{axis.middle(month) - wide / 2:.2f} {foot - gap:.2f}h{wide:.2f}v{gap - high:.2f}h{-wide:.2f}z"
            )
            below[month] += count
        yield f'<path fill="{colour}" d="{"".join(path)}"/>'


def _grid(left: float, top: float, most: int, step: int) -> Iterator[str]:
    for value in range(0, most + 1, step):
        y = top + _PLOT * (1 - value / most)
        kind, colour = ("line", "#dedcd4") if value else ("base", "#7c8794")
        yield f'<path class="{kind}" stroke="{colour}" d="M{left:g} {y:.2f}H{_WIDTH - _RIGHT:g}"/>'
        yield _words(left - 8, y + 4, f"{value:,}", "end")


def _step(most: int) -> int:
    """The distance of lines, 1, 2 or 5 times a power of ten, so that there are at most five above the ground."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if most <= 5 * step:
                return step
        size *= 10


def _labels(axis: _Axis, y: float) -> Iterator[str]:
    """Month labels, as many as there is room for; where they are a year or more apart, years alone."""
    step = next((step for step in _STEPS if step * axis.width >= _LABEL), _STEPS[-1])
    for month in range(axis.first, axis.last + 1):
        if month % step == 0 or axis.first == axis.last:
            year = f"{month // 12:04}"
            label = year if step >= 12 else f"{year}-{month % 12 + 1:02}"  # noqa: PLR2004 - a year
            x = axis.middle(month)
            yield f'<path class="base" stroke="#7c8794" d="M{x:.2f} {y - 18:g}v4"/>'
            yield _words(x, y, label, "middle")


def _told(drawn: Sequence[Drawn], noun: str) -> str:
    """The picture in words."""
    sums: Counter[int] = Counter()
    for _, _, months in drawn:
        sums.update(months)
    if not sums:
        return f"No {noun} in any month."
    most = min(sums, key=lambda month: (-sums[month], month))
    names = ", ".join(name for name, _, _ in drawn)
    return (
        f"Stacked bars of {noun} by month, from {_month(min(sums))} to {_month(max(sums))}, for {names}."
        f" The highest: {_month(most)} with {sums[most]:,}."
    )


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _words(x: float, y: float, text: str, anchor: str, ink: str = "soft") -> str:
    colour = "#1b1f24" if ink == "ink" else "#59616b"
    return f'<text class="{ink}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(shown(text)).replace("\n", " ")
