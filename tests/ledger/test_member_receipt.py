"""A member's receipt shows that one member was among those an entry speaks of."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from published_logs import KEY, NOW, draft, fetch_from, published
from solely.errors import Tampered
from solely.ledger.entry import Draft, Entry, encode
from solely.ledger.member_receipt import Shown, verify_member_receipt, write_member_receipt
from solely.ledger.members import member_proof, members_root
from solely.ledger.receipt import receipt_from, verify_receipt

SECRET = bytes(range(32))
NUMBERS = np.arange(100, 1_100, dtype=np.uint64)
NAMES = np.frombuffer(bytes(range(256)), np.uint8).reshape(16, 16)
OF_NUMBERS, OF_NAMES = members_root(SECRET, NUMBERS), members_root(SECRET, NAMES)
TEXT = write_member_receipt(142, member_proof(SECRET, NUMBERS, 42))


@given(st.integers(0, 999))
def test_a_number_is_shown_to_be_a_member(index):
    text = write_member_receipt(100 + index, member_proof(SECRET, NUMBERS, index))
    assert verify_member_receipt(text, OF_NUMBERS) == Shown(100 + index, index)


@given(st.integers(0, 15))
def test_an_id_is_shown_to_be_a_member(index):
    id_ = NAMES[index].tobytes()
    text = write_member_receipt(id_, member_proof(SECRET, NAMES, index))
    assert verify_member_receipt(text, OF_NAMES) == Shown(id_, index)


def test_it_says_what_its_form_says():
    lines = TEXT.split("\n")
    assert lines[:2] == ["solely/member-proof@v1", "member 142"]
    assert lines[3] == "index 42"
    assert len(lines) == 4 + 10 + 1


def test_it_goes_with_the_entry_s_receipt():
    """All that one person needs: the entry's receipt, their own, and the key."""
    use = Draft(type="use", principal="advertiser acme", policy="ab" * 32, software="0.1.0", members=OF_NUMBERS)
    log = published([encode(Entry.at(n, NOW, one)) for n, one in enumerate([draft(0), use, draft(2)])])
    entry = verify_receipt(receipt_from(fetch_from(log), KEY, 1), KEY).entry
    assert verify_member_receipt(TEXT, entry.members) == Shown(142, 42)


def test_every_flipped_bit_is_tampered():
    data = TEXT.encode()
    for bit in range(8 * len(data)):
        flipped = (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")
        with pytest.raises(Tampered):
            verify_member_receipt(flipped.decode("utf-8", "surrogateescape"), OF_NUMBERS)


def test_it_proves_nothing_of_another_entry():
    for other in (OF_NAMES, members_root(os.urandom(32), NUMBERS)):
        with pytest.raises(Tampered):
            verify_member_receipt(TEXT, other)


@given(st.text())
def test_a_text_that_is_none_is_tampered_and_nothing_else(text):
    with pytest.raises(Tampered):
        verify_member_receipt(text, OF_NUMBERS)


def test_a_salt_that_is_not_written_in_the_one_way_is_tampered():
    salt = TEXT.split("\n")[2]
    last = salt[-3]
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for changed in other.replace(last, ""):
        with pytest.raises(Tampered):
            verify_member_receipt(TEXT.replace(salt, f"{salt[:-3]}{changed}=="), OF_NUMBERS)
