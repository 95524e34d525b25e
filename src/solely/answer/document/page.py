"""A document as one web page that needs nothing else: no script, nothing from elsewhere, its pictures within it."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined

from solely.answer.document.blocks import Document, shown

__all__ = ["as_html"]

_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def as_html(document: Document) -> str:
    """The page. A picture is an image of its own, so that nothing within it is part of the page."""
    templates = Environment(
        loader=PackageLoader("solely.answer.document"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"shown": shown, "image": _image}
    return templates.get_template("page.html").render(
        title=document.title,
        language=document.language,
        direction="rtl" if document.language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr",
        blocks=[(type(block).__name__, block) for block in document.blocks],
    )


def _image(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
