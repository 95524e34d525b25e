"""A document that stands is a document that can be shown: in words, on a page, on paper."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.document import Document, Heading, Picture, Table, Text
from solely.answer.document.blocks import shown
from solely.errors import BadInput

ANY = st.text(st.characters(exclude_categories=()))  # also halves of a character


@given(ANY)
def test_what_is_shown_can_be_encoded_and_ends_lines_in_one_way(text):
    seen = shown(text)
    assert seen.encode().decode() == seen
    assert not re.search(r"[\r\t\x85\u2028\u2029]", seen)
    assert all(character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"} for character in seen)
    assert shown(seen) == seen


def test_nothing_turns_around_what_stands_beside_it():
    assert shown("to \u202eevil.exe\u202c\u200b") == "to evil.exe"


def test_joiners_stay_for_scripts_need_them():
    assert shown("\u0645\u06cc\u200c\u062e") == "\u0645\u06cc\u200c\u062e"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Document(" \u200b", ()), "title"),
        (lambda: Heading("\n\u200b"), "words"),
        (lambda: Document("x", (), language="English"), "language"),
        (lambda: Document("x", (Heading("a", 3),)), "level"),
        (lambda: Document("x", (Heading("a"), Heading("b", 4))), "level"),
        (lambda: Document("x", (Heading("a", 1),)), "level"),
        (lambda: Document("x", (Heading("a"), Heading("b", 3), Heading("c", 4), Heading("d", 5))), "level"),
        (lambda: Table(("a", "b"), (("1",),)), "cell"),
        (lambda: Table((), ()), "cell"),
        (lambda: Picture("<svg/>", " "), "words"),
    ],
)
def test_what_no_reader_could_use_is_refused(make, words):
    with pytest.raises(BadInput, match=words):
        make()


def test_a_heading_may_go_up_by_any_number_of_levels():
    blocks = (Heading("a"), Heading("b", 3), Heading("c", 4), Text("t"), Heading("d"))
    assert Document("x", blocks, language="pt-BR").blocks == blocks
