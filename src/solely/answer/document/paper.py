"""A document as a PDF for print and for screen readers (PDF/UA-1), by Typst. The same document is the same bytes.

- Every text goes in as data, so that nothing in it is markup.
- Fonts are those within Typst; for other scripts those of the machine, or of a folder. PDF/UA allows no
  character without a glyph: where there is none nothing is made, rather than a page with boxes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from solely.answer.document.blocks import Block, Document, Fields, Heading, Items, Picture, Table, Text, shown
from solely.errors import Unavailable

__all__ = ["as_pdf"]

_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_WIDEST = 40  # characters of a cell beyond which its column takes no more room
_SOURCE = (Path(__file__).parent / "templates" / "paper.typ").read_bytes()


def as_pdf(document: Document, *, fonts: Path | None = None) -> bytes:
    """The PDF. `fonts` is a folder of fonts to be used beside the machine's own.

    Raises Unavailable where no font has a glyph for one of its characters.
    """
    import typst  # noqa: PLC0415 - a compiler, which every process would have in memory for the few that print

    content = json.dumps(_content(document))
    try:
        return typst.compile(
            _SOURCE,
            format="pdf",
            font_paths=typst.Fonts(font_paths=[fonts] if fonts else []),
            sys_inputs={"document": content},
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        lacking = _NO_GLYPH.findall(error.diagnostic)
        if not lacking:
            raise
    raise Unavailable(  # here, away from the error that holds the text
        f"no font here has some of its characters: {', '.join(_scripts(lacking))}",
        where="PDF",
        cure="install a font that has them (for Japanese: fonts-ipaexfont), or write .html",
    )


def _content(document: Document) -> dict[str, Any]:
    language, *parts = document.language.split("-")
    return {
        "title": shown(document.title),
        "lang": language,
        "region": next((part.upper() for part in parts if len(part) == len("XX")), None),
        "blocks": [{"kind": type(block).__name__, **_block(block)} for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text, level):
            return {"text": shown(text), "level": level}
        case Text(text):
            return {"text": shown(text)}
        case Items(items):
            return {"items": _all(items)}
        case Table(header, rows, numbers):
            return {
                "header": _all(header),
                "rows": [_all(row) for row in rows],
                "numbers": sorted(numbers),
                "shares": _shares(block),
            }
        case Fields(pairs):
            return {"pairs": [_all(pair) for pair in pairs]}
        case Picture(svg, alt):
            return {"svg": svg, "alt": shown(alt)}


def _all(texts: Iterable[str]) -> list[str]:
    return [shown(text) for text in texts]


def _shares(table: Table) -> list[int]:
    """How wide each column is beside the others: by its longest cell, within bounds."""
    columns = zip(table.header, *table.rows, strict=True)
    return [min(max(6, *map(len, column)), _WIDEST) for column in columns]


def _scripts(lacking: Iterable[str]) -> list[str]:
    """What characters without a glyph are called, by their first word: never the text itself."""
    found = (_ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) for text in lacking)
    names = {unicodedata.name(character, "unnamed").split(" ")[0].lower() for text in found for character in text}
    return sorted(names)[:5]
