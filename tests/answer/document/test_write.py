"""A document's file: its suffix says in which form, and a failure leaves what was there."""

import pytest

from solely.answer.document import Document, Text, as_html, as_pdf, as_text, write
from solely.answer.document.write import check
from solely.errors import BadInput, Unavailable

DOCUMENT = Document("x", (Text("é"),))
FORMS = {"txt": lambda: as_text(DOCUMENT).encode(), "HTML": lambda: as_html(DOCUMENT).encode(), "pdf": lambda: as_pdf(DOCUMENT)}  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("suffix", FORMS)
def test_the_suffix_names_the_form(suffix, tmp_path):
    path = tmp_path / f"report.{suffix}"
    path.write_text("what was there")
    write(DOCUMENT, path)
    assert path.read_bytes() == FORMS[suffix]()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["report", "report.docx", "pdf"])
def test_another_suffix_is_refused_before_anything_is_made(name, tmp_path):
    for refuse in (check, lambda path: write(DOCUMENT, path)):
        with pytest.raises(BadInput, match="form") as caught:
            refuse(tmp_path / name)
        assert ".html, .pdf, .txt" in caught.value.cure
    assert not list(tmp_path.iterdir())


def test_what_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_text("what was there")
    with pytest.raises(Unavailable):
        write(Document("x", (Text("\U0010fffd"),)), path)
    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_whole_and_never_written_over(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("what was there")
    (tmp_path / "other.txt").hardlink_to(path)
    write(DOCUMENT, path)
    assert (tmp_path / "other.txt").read_text() == "what was there"


def test_what_can_t_take_its_place_is_not_left_beside_it(tmp_path):
    path = tmp_path / "report.txt"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write(DOCUMENT, path)
    assert list(tmp_path.iterdir()) == [path]
