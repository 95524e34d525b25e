"""One cell of a foreign table: whatever its spelling, it is met by every digest an honest advertiser may hold."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.answer.cells import read_cell
from solely.contact import Contact
from solely.errors import ContactError

ADA = hashlib.sha256(b"ada@example.com").digest()


@pytest.mark.parametrize(
    "cell",
    [
        ADA.hex(),
        ADA.hex().upper(),
        base64.b64encode(ADA).decode(),
        base64.b64encode(ADA).decode().rstrip("="),
        base64.urlsafe_b64encode(ADA).decode(),
    ],
)
def test_a_digest_is_itself_in_every_way_of_writing_it(cell):
    read = read_cell("u1", "", cell)
    assert (read.point, read.digests) == (ADA, (ADA,))


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("email", " Ada.L+x@Gmail.com "), ("", "ada@example.com"), ("phone", "+49 151 12345678"), ("", "+4915112345678")],
)
def test_a_plain_cell_is_met_by_all_its_digests(kind, cell):
    read = read_cell("u1", kind, cell)
    contact = Contact.read("email" if "@" in cell else "phone", cell)
    assert set(read.digests) == set(contact.digests())
    assert read.point == contact.key_digest()
    assert read.point in read.digests


def test_two_spellings_of_one_mailbox_have_one_point():
    assert read_cell("u1", "email", "a.da@gmail.com").point == read_cell("u1", "email", "ADA+news@googlemail.com").point


@pytest.mark.parametrize(
    ("who", "kind", "cell", "reason"),
    [
        ("", "email", "ada@example.com", "nobody-named"),
        ("u1", "email", hashlib.sha256(b"").hexdigest(), "hash-of-nothing"),
        ("u1", "email", hashlib.md5(b"ada@example.com").hexdigest(), "not-sha256"),
        ("u1", "email", hashlib.sha512(b"ada@example.com").hexdigest(), "not-sha256"),
        ("u1", "fax", "+4915112345678", "unknown-kind"),
        ("u1", "email", "nobody", "not-an-email"),
        ("u1", "phone", "0151 12345678", "phone-without-country"),
        ("u1", "email", "", "empty"),
    ],
)
def test_what_can_not_be_read_has_a_reason(who, kind, cell, reason):
    with pytest.raises(ContactError) as refused:
        read_cell(who, kind, cell)
    assert refused.value.reason == reason


@given(st.text(max_size=60), st.sampled_from(["", "email", "phone"]))
def test_any_text_is_read_or_refused_and_never_repeated(cell, kind):
    said, read = "", None
    try:
        read = read_cell("u1", kind, cell)
    except ContactError as refused:
        said = str(refused)
    assert len(cell) < 8 or cell not in said
    assert read is None or (read.point in read.digests and all(len(one) == 32 for one in read.digests))
