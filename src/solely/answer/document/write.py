"""A document as a file: its suffix says in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from solely.answer.document.blocks import Document
from solely.answer.document.page import as_html
from solely.answer.document.paper import as_pdf
from solely.answer.document.plain import as_text
from solely.errors import BadInput

__all__ = ["check", "write"]

_FORMS: Mapping[str, Callable[[Document], bytes]] = MappingProxyType(
    {
        ".html": lambda document: as_html(document).encode(),
        ".pdf": as_pdf,
        ".txt": lambda document: as_text(document).encode(),
    }
)


def check(path: Path) -> None:
    """Raises BadInput where `path` has no suffix that names a form: to be asked before any work."""
    if path.suffix.lower() not in _FORMS:
        raise BadInput("no form of a document", where=str(path), cure=f"end its name in one of {', '.join(_FORMS)}")


def write(document: Document, path: Path) -> None:
    """Write it in the form that the suffix names; what was there is replaced whole, or stays.

    Raises BadInput for another suffix, Unavailable where a PDF lacks a font.
    """
    check(path)
    content = _FORMS[path.suffix.lower()](document)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
