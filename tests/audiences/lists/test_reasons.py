"""Every reason has a cure in words, and what stands for nothing is known, written or hashed."""

import re
from hashlib import new

import pytest

from solely import contact
from solely.audiences.lists.reasons import CURES, DIGEST_LENGTHS, NOTHINGS, PLACEHOLDERS, REASONS, SPREADSHEET_ERRORS


def digest(name, data):
    return new(name, data, usedforsecurity=False).digest()


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_a_word_with_a_cure_of_several(reason):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z]+)*", reason)
    assert len(CURES[reason].split()) >= 5
    assert not re.search(r"[{}@\n]|\.$", CURES[reason].replace("name@domain.tld", ""))


def test_the_reasons_of_a_single_contact_are_among_them():
    assert contact.CURES.items() <= CURES.items()
    assert set(DIGEST_LENGTHS.values()) - {"sha256"} <= set(CURES)


@pytest.mark.parametrize(("length", "name"), DIGEST_LENGTHS.items())
def test_a_digest_of_nothing_is_known_for_each_function(length, name):
    assert len(digest(name, b"")) == length
    for nothing in ("", " ", "null", "NULL", "N/A", "none@none.none", "不明"):
        once = digest(name, nothing.encode())
        assert {once, digest("sha256", once.hex().encode())} <= NOTHINGS


def test_no_digest_of_a_contact_is_among_those_of_nothing():
    assert digest("sha256", b"ada@example.org") not in NOTHINGS
    assert {len(one) for one in NOTHINGS} == set(DIGEST_LENGTHS)


def test_what_stands_for_nothing_is_in_the_one_spelling_cells_are_compared_in():
    assert SPREADSHEET_ERRORS <= PLACEHOLDERS
    assert "" not in PLACEHOLDERS
    assert all(one == one.lower().strip() for one in PLACEHOLDERS)
