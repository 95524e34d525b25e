"""The plain text: 78 columns, nothing lost, and readable as it stands."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import documents
from solely.answer.document import Document, Fields, Heading, Items, Picture, Table, Text, as_text
from solely.answer.document.blocks import shown

SAID = """\
What was sent
=============

To whom it
concerns.

In figures
----------

By advertiser

advertiser   rows
----------   ----
harbour        12
lantern     1,300

- a first
- a second

Status:    shown
Mechanism: the gate

  [Bars by month.]
"""


def test_each_block_looks_as_an_e_mail_s_reader_expects():
    document = Document(
        "What was sent",
        (
            Text("To whom it\nconcerns."),
            Heading("In figures"),
            Heading("By advertiser", 3),
            Table(("advertiser", "rows"), (("harbour", "12"), ("lantern", "1,300")), frozenset({1})),
            Items(("a first", "a second")),
            Fields((("Status", "shown"), ("Mechanism", "the gate"))),
            Picture("<svg/>", "Bars by month."),
        ),
    )
    assert as_text(document) == SAID


@given(documents.ANY)
def test_any_text_is_there_and_is_no_markup(text):
    printed = as_text(documents.of(text))
    assert documents.bare(printed).count(documents.bare(shown(text))) >= documents.TIMES


@given(st.text(st.sampled_from("ab [b]/日本語 "), max_size=400))
def test_no_line_is_longer_than_78_columns_also_in_wide_characters(text):
    assert max(cell_len(line) for line in as_text(documents.of(text)).split("\n")) <= 78
