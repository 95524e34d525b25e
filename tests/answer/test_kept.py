"""What an answer keeps comes back as it was, or not at all."""

import pytest

from solely.answer import kept
from solely.answer.kept import DamagedError

PARTS = {"one": b"abc", "none": b"", "two": bytes(range(256)) * 50}


@pytest.fixture
def path(tmp_path):
    kept.write(tmp_path / "file", {"count": 3}, PARTS)
    return tmp_path / "file"


def test_it_comes_back_as_it_was(path):
    found = kept.read(path)
    assert found.head == {"count": 3}
    assert {name: found.part(name) for name in found.places} == PARTS
    assert found.part("three") == b""
    assert list(path.parent.iterdir()) == [path]


def test_one_that_is_replaced_is_still_read_by_who_has_it_open(path):
    before = kept.read(path)
    kept.write(path, {}, {"one": b"xyz"})
    assert before.part("one") == b"abc"
    assert kept.read(path).part("one") == b"xyz"
    kept.forget(path.parent)
    assert before.part("two") == PARTS["two"]
    assert kept.read(path) is None


def test_a_byte_that_changed_is_seen(path):
    data = path.read_bytes()
    begin = data.index(b"\n") + 1
    for place in range(begin, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        found = kept.read(path)
        with pytest.raises(DamagedError):
            [found.part(name) for name in PARTS]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "x", '{"format": 2}', '{"format": 1, "head": {}, "crc": 1, "parts": {}}']
)
def test_what_is_no_such_file_is_as_good_as_none(tmp_path, text):
    path = tmp_path / "file"
    path.write_text(text)
    assert kept.read(path) is None
    assert kept.read(tmp_path / "nowhere") is None


def test_a_head_that_was_changed_is_as_good_as_none(path):
    path.write_bytes(path.read_bytes().replace(b'{"count": 3}', b'{"count": 4}'))
    assert kept.read(path) is None


def test_one_cut_short_is_damaged(path):
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DamagedError):
        kept.read(path).part("two")
