"""The PDF: the same bytes each time, for screen readers too, each text as it is, and no boxes for characters."""

import io
import re

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import documents
from solely.answer.document import Document, Heading, Picture, Table, Text, as_pdf
from solely.answer.document.blocks import shown
from solely.answer.picture import over_time
from solely.errors import Unavailable

UNASSIGNED = "\U0010fffd"  # private, and in no font
LATIN = st.text(st.characters(codec="latin-1"), max_size=60) | st.sampled_from(
    ["#panic()", "*bold* _it_ $x$ `raw`", "= x", "/* x */ // y", "\\u{41}", "@a <b> [c] {d}", '"; #eval("x")']
)


def read(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


def words(pdf):
    return documents.bare("".join(page.extract_text() for page in read(pdf).pages))


@given(LATIN)
@settings(max_examples=60, deadline=None)
def test_any_text_that_fonts_can_show_is_there_and_is_no_markup(text):
    pdf = as_pdf(documents.of(text))
    assert words(pdf).count(documents.bare(shown(text))) >= documents.TIMES - 1  # the picture's words are not drawn


@given(documents.ANY)
@settings(max_examples=60, deadline=None)
def test_any_text_gives_a_pdf_or_an_error_of_ours_that_does_not_repeat_it(text):
    try:
        pdf = as_pdf(documents.of(text))
    except Unavailable as error:
        told = error.what
        pdf = b""
    assert pdf.startswith(b"%PDF-") or re.fullmatch("no font here has some of its characters: [a-z, -]+", told)


def test_the_same_document_is_the_same_bytes():
    document = documents.of("x")
    assert as_pdf(document) == as_pdf(document)


def test_it_says_its_title_and_language_and_is_tagged_and_tells_no_time():
    pdf = read(as_pdf(Document("Quarter #1", (Heading("a"), Text("b")), "pt-BR")))
    root = pdf.trailer["/Root"]
    assert pdf.metadata["/Title"] == "Quarter #1"
    assert root["/Lang"] == "pt-BR"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    assert not {"/CreationDate", "/ModDate"} & set(pdf.metadata)


def test_a_character_that_no_font_has_is_told_and_not_drawn_as_a_box():
    for document in (
        Document("x", (Text(f"a{UNASSIGNED}b"),)),
        Document("x", (Picture(over_time({UNASSIGNED: {"2020-01": 1}}, title="t"), "bars"),)),
    ):
        with pytest.raises(Unavailable, match="no font here has") as caught:
            as_pdf(document)
        assert UNASSIGNED not in str(caught.value)
        assert "fonts-ipaexfont" in caught.value.cure
        assert caught.value.__cause__ is None


def test_japanese_is_there_where_a_font_has_it_and_refused_by_its_script_where_none_has():
    document = Document("お知らせ", (Text("日本語の文章です。"),), "ja")
    try:
        found = words(as_pdf(document))
    except Unavailable as error:
        found = error.what
    assert "日本語の文章です。" in found or "hiragana" in found


def test_long_tables_go_on_over_pages_with_their_header():
    pdf = read(as_pdf(documents.long_table(200)))
    assert len(pdf.pages) > 3
    assert all("a header" in page.extract_text() for page in pdf.pages)


def test_a_long_name_breaks_and_stays_on_the_page():
    name = "tests/answer/test_paper.py::" + "_".join(["a_part"] * 30) + "x" * 200
    pdf = read(as_pdf(Document("x", (Text("the name is " + name), Table(("a", "b"), ((name, name),))))))
    assert documents.bare(pdf.pages[0].extract_text()).count(name) == 3
    right = float(pdf.pages[0].mediabox.width)
    ends = []

    def note(text, _matrix, matrix, _font, size):
        ends.append(matrix[4] + 0.35 * size * len(text))

    pdf.pages[0].extract_text(visitor_text=note)
    assert max(ends) < right
