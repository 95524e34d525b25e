"""One document, three forms: plain text, a web page, a PDF. What is said is written once."""

from solely.answer.document.blocks import Block, Document, Fields, Heading, Items, Picture, Table, Text
from solely.answer.document.page import as_html
from solely.answer.document.paper import as_pdf
from solely.answer.document.plain import as_text
from solely.answer.document.write import write

__all__ = [
    "Block",
    "Document",
    "Fields",
    "Heading",
    "Items",
    "Picture",
    "Table",
    "Text",
    "as_html",
    "as_pdf",
    "as_text",
    "write",
]
