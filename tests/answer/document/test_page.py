"""The web page: whatever a text holds, a reader of the page gets that text and nothing else."""

import base64
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

import documents
from solely.answer.document import Document, Picture, Text, as_html
from solely.answer.document.blocks import shown

ELEMENTS = """
html head meta title style body main h1 h2 p ul li div table thead tr th tbody td dl dt dd figure img
"""


class Reader(HTMLParser):
    """What a browser finds: elements, and the text in each of them."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.alts = set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.texts.append("")
        if tag == "img":
            self.alts.append(dict(attributes)["alt"])

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data


@given(documents.ANY)
def test_any_text_comes_back_as_text(text):
    read = Reader(as_html(documents.of(text)))
    assert read.elements == set(ELEMENTS.split())
    seen = documents.bare(shown(text))
    found = [documents.bare(one) for one in read.texts]
    assert found.count(f"T{seen}") == 2  # in the head and above the page
    assert found.count(seen) >= documents.TIMES - 3  # three have a letter before it
    assert [documents.bare(alt) for alt in read.alts] == [f"P{seen}"]


def test_nothing_comes_from_elsewhere_and_no_script_runs():
    page = as_html(documents.of("x"))
    assert "default-src 'none'" in page
    assert not re.search(r"<script|javascript:|https?://|\bon\w+=|@import|url\(", page)


def test_a_picture_is_an_image_of_its_own():
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    page = as_html(Document("x", (Picture(svg, "bars"),)))
    encoded = re.search(r'<img src="data:image/svg\+xml;base64,([\w+/=]+)" alt="bars">', page)[1]
    assert base64.b64decode(encoded).decode() == svg
    assert "<svg" not in page


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar-EG", "rtl"), ("ja", "ltr")])
def test_the_page_says_its_language_and_its_direction(language, direction):
    assert f'<html lang="{language}" dir="{direction}">' in as_html(Document("x", (Text("y"),), language))
