"""A text of any encoding and any line ends is the same lines, and none of them is longer than the bound."""

import codecs
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.audiences.lists.bounds import Bounds
from solely.audiences.lists.source import HEAD
from solely.audiences.lists.text import Text, known_encoding
from solely.errors import ListError

LINES = [
    "Vorname,E-Mail",
    "Jürgen,juergen@example.com",
    "Łucja,l@example.com",
    "みか,m@example.com",
    "",
    "o,o@example.com",
]
LATIN = ["Prénom,E-mail", "Zoë,zoe@example.com", "Peña,p@example.com"]
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def text_of(data, *, encoding=None, line=1_000_000, size=None):
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    return Text(pieces[0], pieces, Bounds(line=line), encoding)


def lines_of(text, separator=b"\n"):
    return [line for chunk in text.chunks(separator) for line in chunk.decode().split("\n")]


@pytest.mark.parametrize("size", [None, 7])
@pytest.mark.parametrize("encoding", MARKS)
def test_a_byte_order_mark_decides_whatever_the_caller_says(encoding, size):
    data = MARKS[encoding] + "\n".join(LINES).encode(encoding)
    for said in (None, "cp1252", "utf-8", "utf-16", encoding):
        text = text_of(data, encoding=said, size=size)
        assert lines_of(text) == LINES
        assert text.encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("said", [None, "utf-16"])
def test_without_a_mark_utf_16_is_told_by_its_nuls(encoding, said):
    data = "\r\n".join(LINES).encode(encoding)
    text = text_of(data, encoding=said if encoding != "utf-8" else None)
    assert lines_of(text) == LINES
    assert text.encoding == encoding


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "mac-roman", "cp037", "utf-16-be", "cp850"])
def test_an_encoding_the_caller_names_is_taken(encoding):
    data = "\n".join(LATIN).encode(encoding)
    assert lines_of(text_of(data, encoding=known_encoding(encoding))) == LATIN


def test_a_line_that_is_not_utf_8_is_windows_1252_and_the_others_stay_what_they_are():
    data = "\n".join(LATIN).encode("cp1252") + "\nŁucja,l@example.com\n".encode() + "Zoë,z@example.com".encode("cp1252")
    text = text_of(data)
    assert lines_of(text) == [*LATIN, "Łucja,l@example.com", "Zoë,z@example.com"]
    assert text.encoding == "windows-1252"


@pytest.mark.parametrize(
    "lines",
    [["なまえ,メール", "佐藤,s@example.com"], ["氏名,電話番号", "佐藤,090-1234-5678"], ["id,mail", "1,サトウ"]],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_shift_jis_is_told_by_its_kana_or_by_the_words_of_its_header(lines, end):
    text = text_of((end.join(lines) + end).encode("cp932"))
    assert lines_of(text) == lines
    assert text.encoding == "cp932"


def test_smart_quotes_of_windows_1252_are_not_taken_for_japanese():
    lines = ["Name,E-Mail", "O\u2019Brien \u201cBob\u201d,\u201cb@example.com\u201d", "D\u2019Arcy,d@example.com"]
    text = text_of("\n".join(lines).encode("cp1252"))
    assert lines_of(text) == lines
    assert text.encoding == "windows-1252"


@pytest.mark.parametrize("shift", range(4))
def test_a_letter_cut_at_the_end_of_the_head_changes_no_encoding(shift):
    data = b"a" * shift + ("€" * HEAD).encode()
    text = Text(data[:HEAD], [data], Bounds())
    assert "".join(lines_of(text)) == "a" * shift + "€" * HEAD
    assert text.encoding == "utf-8"


@given(
    st.lists(st.text("ab,é\u2028\x85\x0b\x0c", max_size=6), min_size=1, max_size=12),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=12, max_size=12),
    st.integers(1, 40),
    st.sampled_from(["utf-8", "utf-16-le"]),
)
def test_lines_are_the_same_whatever_ends_them_and_however_the_bytes_arrive(lines, ends, size, encoding):
    whole = "".join(itertools.chain.from_iterable(zip(lines, ends, strict=False)))
    expected = re.split("\r\n|\r|\n", whole)[:-1]
    data = MARKS[encoding] + whole.encode(encoding)
    text = Text(data[:8], [data[at : at + size] for at in range(0, len(data), size)], Bounds())
    assert lines_of(text) == expected


def test_a_separator_parts_records_of_one_long_line():
    data = b";".join(b"user%d@example.com" % n for n in range(1000)) + b"\r\n"
    assert lines_of(text_of(data, size=100), b";") == [f"user{n}@example.com" for n in range(1000)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [16, 64, 4_096])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_line_over_the_bound_is_refused_with_its_number(end, size, encoding):
    lines = ["short", "x" * 50, "also short", "y" * 51, "z" * 60, "short"]
    data = MARKS[encoding] + end.join(lines).encode(encoding)
    with pytest.raises(ListError, match=r"^line 4: a line of over 50 bytes") as caught:
        lines_of(text_of(data, line=50, size=size))
    assert "y" not in caught.value.what.removeprefix("a line of over 50 bytes")
    assert lines_of(text_of(data, line=60, size=size)) == lines


def test_a_line_without_end_is_refused_before_it_is_held():
    taken = itertools.count()
    pieces = (b"x" * 1_000 for _ in taken)
    text = Text(b"x" * 1_000, pieces, Bounds(line=10_000))
    with pytest.raises(ListError, match="a line of over 10000 bytes"):
        lines_of(text)
    assert next(taken) < 20


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_sign_that_ended_texts_of_old_is_no_line(encoding):
    for text in ("a\r\nb\r\n\x1a", "a\nb\x1a", "a\rb\r\x1a"):
        assert lines_of(text_of(MARKS[encoding] + text.encode(encoding))) == ["a", "b"]
    assert lines_of(text_of(b"a\x1a\nb")) == ["a\x1a", "b"]


def test_bytes_that_are_no_text_are_refused():
    for data in (bytes(range(256)) * 40, b"\0" * 1_000, b"\1\2\3\4\n" * 9):
        with pytest.raises(ListError, match="the list is not text"):
            text_of(data)


def test_one_damaged_row_makes_no_binary_file_and_nuls_may_pad_cells():
    padded = b"".join(b"user%d@example.com".ljust(30, b"\0") % n + b"\n" for n in range(9))
    for data in (b"email\na@example.com\n" + b"\0\1\2\3" * 1_000 + b"\nb@example.com\n", padded):
        assert len(lines_of(text_of(data))) > 3


@pytest.mark.parametrize(
    "name", ["klingon", "rot13", "hex", "idna", "punycode", "unicode_escape", "undefined", "\0", "", "x" * 9_999]
)
def test_what_is_no_encoding_of_files_is_none(name):
    with pytest.raises(ListError) as caught:
        known_encoding(name)
    assert (caught.value.where, caught.value.what) == ("encoding", "no such text encoding")


@pytest.mark.parametrize(("name", "is_"), [("UTF8", "utf-8"), ("U16", "utf-16"), ("shift-jis", "shift_jis")])
def test_an_encoding_has_the_name_python_knows_it_by(name, is_):
    assert known_encoding(name) == is_
