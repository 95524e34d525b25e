"""A story as one page: no script, nothing from elsewhere, and a policy that lets a browser hold us to it."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from solely.web.sankey import Frame, Path, Picture, draw
from solely.web.story import Flow, Story, Use

__all__ = ["Figure", "Page", "figure", "render"]

_WIDE = Frame(width=560, height=400, left=74, right=112)
_NARROW = Frame(width=350, height=400, left=54, right=88, bar=8)
_KINDS = ("email", "phone")
_PURPOSES = ("tailored", "partner", "service", "security")
_WITH: tuple[Use, ...] = ("tailored", "partner", "none")
_WITHOUT: tuple[Use, ...] = ("any", "none")
# What a node is called beside the picture, and in the table that says the same.
_WORDS = {
    ("email", 0): "E-mail",
    ("phone", 0): "Phone",
    ("tailored", 1): "Tailored ads",
    ("partner", 1): "Partner ads",
    ("service", 1): "Service",
    ("security", 1): "Security",
    ("tailored", 2): "Tailored ads",
    ("partner", 2): "Partner ads",
    ("any", 2): "Advertising",
    ("none", 2): "Not in ads",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of a page and the headers it must be sent with."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One platform's flows, drawn for a wide and for a narrow window, and as rows of a table."""

    name: str
    pictures: Mapping[str, Picture]
    rows: tuple[tuple[str, str, str, int], ...]


def figure(name: str, flows: Iterable[Flow], uses: tuple[Use, ...]) -> Figure:
    """Draw flows. `name` tells the figure from others on the page."""
    amounts: Counter[Path] = Counter()
    for flow in flows:
        amounts[flow.kind, flow.purpose, flow.use] += flow.givings
    order = (_KINDS, _PURPOSES, uses)
    rows = tuple(
        (*(_WORDS[node, column] for column, node in enumerate(path)), amounts[path])
        for path in ((k, p, u) for k in _KINDS for p in _PURPOSES for u in uses)
        if amounts[path]
    )
    pictures = {size: draw(amounts, order, frame) for size, frame in (("wide", _WIDE), ("narrow", _NARROW))}
    return Figure(name, MappingProxyType(pictures), rows)  # type: ignore[arg-type] # three words and a number


def render(story: Story) -> Page:
    """The page of a story. Whatever a name holds, it is shown as text."""
    templates = Environment(
        loader=PackageLoader("solely.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["n"] = lambda number: f"{number:,}"
    style = templates.get_template("story.css").render()
    html = templates.get_template("story.html").render(
        story=story,
        style=style,
        words=_WORDS,
        figures=(figure("without", story.without, _WITHOUT), figure("solely", story.solely, _WITH)),
    )
    return Page(html.encode(), MappingProxyType(_headers(style)))


def _headers(style: str) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
