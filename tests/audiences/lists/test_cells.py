"""A cell is a digest or a reason, whatever stands in it, and what programs put around a contact changes neither."""

import base64
import json
from hashlib import new, sha256
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solely.audiences.lists.cells import KEY_BYTES, number_of, read_cell, unwrap
from solely.audiences.lists.reasons import CURES
from solely.audiences.lists.report import MEANINGS
from solely.contact import Contact

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "contacts.json").read_text(encoding="utf-8"))
ADA = "ada@example.org"
PHONE = "+4915112345678"

FILLERS = {"12345678", "123456789", "1234567890", "555-555-5555", "(555) 555-5555"}


def start(text):
    return sha256(text.encode()).digest()[:KEY_BYTES]


def hashed(name, text):
    return new(name, text.encode(), usedforsecurity=False)


def spellings(digest):
    yield from (digest.hex(), digest.hex().upper(), f"0x{digest.hex()}", f"\\x{digest.hex()}", f"sha256:{digest.hex()}")
    yield from (base64.b64encode(digest).decode(), base64.urlsafe_b64encode(digest).decode())
    yield base64.b64encode(digest.hex().encode()).decode()


def cases(*groups):
    named = [(group, case) for group in groups for case in VECTORS[group]]
    return pytest.mark.parametrize("case", [pytest.param(case, id=f"{group}: {case['text']}") for group, case in named])


REASONS = [
    ("empty", ""),
    ("empty", " \u00a0\ufeff "),
    ("empty", "''"),
    ("empty", '=""'),
    ("too-long", "a" * 321),
    ("too-long", "=" + "A" * 320),
    ("not-an-email", "a@b"),
    ("not-an-email", "ada@example.org; eva@example.org"),
    ("not-an-email", "Ada Lovelace"),
    ("not-a-phone", "+12"),
    ("not-a-phone", "+1 800 FLOWERS"),
    ("not-a-phone", "111-1111 ext. 1"),
    ("phone-without-country", "0151 12345678"),
    ("bad-hash", "0" * 63),
    ("bad-hash", "ab" * 33),
    ("bad-hash", "z" * 48),
    ("bad-hash", "g" + "0" * 63),
    ("bad-hash", "DH5qQFhi5ALrdqcPiib8cy0Hwykx6frpqxWCkR0uijs"),
    ("bad-hash", sha256(b"ada@example.org").hexdigest()[:-2]),
    ("device-id", "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"),
    ("excel-mangled", "4.92E+12"),
    ("excel-mangled", "4,92E+12"),
    ("formula", '=HYPERLINK("mailto:ada@example.org")'),
    ("formula", "=A1"),
    ("formula", "@SUM(A1:A2)"),
    ("formula", "+cmd|' /C calc'!A0"),
    ("hash-of-nothing", sha256(b"").hexdigest()),
    ("hash-of-nothing", base64.b64encode(sha256(b"").digest()).decode()),
    ("hash-of-nothing", sha256(b"null").hexdigest()),
    ("hash-of-nothing", hashed("md5", "").hexdigest()),
    ("md5", hashed("md5", ADA).hexdigest()),
    ("sha1", hashed("sha1", ADA).hexdigest()),
    ("sha224", hashed("sha224", ADA).hexdigest()),
    ("sha384", hashed("sha384", ADA).hexdigest()),
    ("sha384", base64.b64encode(hashed("sha384", ADA).digest()).decode()),
    ("sha512", hashed("sha512", ADA).hexdigest()),
    ("sha512", base64.b64encode(hashed("sha512", ADA).digest()).decode()),
    ("not-text", "ada\x07@example.org"),
    ("not-text", "m\ufffdller@example.org"),
    ("placeholder", "N/A"),
    ("placeholder", "#N/A"),
    ("placeholder", "none@none.none"),
    ("placeholder", "該当なし"),
    ("placeholder", "0" * 64),
    ("placeholder", "+49 999 9999 9999".replace("4", "9")),
    ("placeholder", "00000000"),
]


@pytest.mark.parametrize(("reason", "cell"), REASONS)
def test_a_cell_without_a_contact_has_its_reason(reason, cell):
    assert read_cell(cell, "email" if reason == "not-an-email" else "identifier") == reason


def test_every_reason_is_some_cells_but_the_one_of_a_record():
    assert {reason for reason, _ in REASONS} == set(CURES) - {"unbalanced-quote"}


@cases("read")
def test_a_published_contact_and_its_digest_are_one_cell_in_every_spelling(case):
    contact = Contact.read(case["kind"], case["text"], case.get("country"))
    key = contact.key_digest()
    for meaning in (case["kind"], "identifier"):
        for text in (case["text"], case["reads"], *spellings(key)):
            assert read_cell(text, meaning, case.get("country")) == key[:KEY_BYTES], text
    published = bytes.fromhex(case.get("hex", sha256(case["hashed"].encode()).hexdigest()))
    assert published in contact.digests()
    for text in (*spellings(published), case.get("base64", published.hex())):
        assert read_cell(text, case["kind"]) == published[:KEY_BYTES]


@cases("refused", "deviations")
def test_a_cell_that_vendors_or_we_refuse_has_our_reason_for_it(case):
    verdict = read_cell(case["text"], case["kind"], case.get("country"))
    if "reads" in case:
        assert verdict == start(case["reads"])
    elif len(case["text"]) == 64:
        assert verdict == bytes.fromhex(case["text"])[:KEY_BYTES]  # no number, but a digest in a column of numbers
    elif len(case["text"]) == 43:
        assert verdict == "bad-hash"
    elif case["text"] in FILLERS:
        assert verdict == "placeholder"
    else:
        assert verdict == case["reason"]


@pytest.mark.parametrize(
    "cell",
    [
        "0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b",
        "0C7E6A405862E402EB76A70F8A26FC732D07C32931E9FAE9AB1582911D2E8A3B",
        "DH5qQFhi5ALrdqcPiib8cy0Hwykx6frpqxWCkR0uijs=",
        "foo@bar.com",
    ],
)
def test_uid2s_one_identity_is_one(cell):
    assert read_cell(cell, "identifier") == start("foo@bar.com")


@pytest.mark.parametrize(
    "cell",
    [
        " Ada@Example.org\t",
        "'ada@example.org",
        '="ada@example.org"',
        '""ada@example.org""',
        "\u201cada@example.org\u201d",
        "<ada@example.org>",
        "mailto:ada@example.org",
        "MAILTO: ada@example.org",
        "Ada Lovelace <ada@example.org>",
        '"Lovelace, Ada" <mailto:ada@example.org>',
        "\uff41\uff44\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff4f\uff52\uff47",
        "\ufeffada@example.org\u200b",
        "\u202aada@example.org\u202c",
        "\u3000ada@example.org\u3000",
        "ada@example.org\0\0\0",
    ],
)
def test_what_stands_around_an_address_is_taken_off(cell):
    assert read_cell(cell, "identifier") == start(ADA)


@pytest.mark.parametrize(
    "cell",
    [
        "+49 151 12345678",
        "'+4915112345678",
        '="+4915112345678"',
        "tel:+49-151-12345678",
        "sms:+4915112345678",
        "004915112345678",
        "+4915112345678.0",
        "+49\u2011151\u201112345678",
        "\uff0b\uff14\uff19\uff11\uff15\uff11\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\u202d+4915112345678\u202c",
        "(+49) 151/123-456-78",
    ],
)
def test_what_stands_around_a_number_is_taken_off(cell):
    assert read_cell(cell, "identifier") == start(PHONE)


@pytest.mark.parametrize(
    "cell", ["4915112345678", "4915112345678.0", "4915112345678,00", "4.915112345678E+12", "4,915112345678E12"]
)
def test_a_spreadsheets_number_is_read_where_no_digit_is_lost(cell):
    assert read_cell(cell, "phone", "DE") == start(PHONE)
    assert read_cell(cell, "phone") == "phone-without-country"


@pytest.mark.parametrize(
    ("text", "number"),
    [("4.92E+12", None), ("4.9E+1", "49"), ("4.90E+1", "49"), ("1E+0", None), ("4.91511E+3", None), ("12.5", "12.5")],
)
def test_a_number_lost_to_an_exponent_is_never_guessed(text, number):
    assert number_of(text) == number


def test_the_column_counts_for_numbers_without_a_plus_alone():
    assert read_cell("0151 12345678", "email", "DE") == "not-an-email"
    assert read_cell("0151 12345678", "phone", "DE") == start(PHONE)
    for meaning in ("email", "phone", "identifier"):
        assert read_cell(PHONE, meaning) == start(PHONE)
        assert read_cell(ADA, meaning) == start(ADA)


# What cells are made of, so that whole branches are met and not only junk.
WORDS = "ada @ example.org +49 151 123-456 E+12 .0 = \" ' < > mailto: 0x \\x | ; \u2011 \u00b2 \uff10 \u0130 \ufeff \0"
PARTS = (*WORDS.split(" "), "a" * 64, "F" * 63, base64.b64encode(b"x" * 32).decode(), "\ud800", " ")


@given(
    st.text() | st.lists(st.sampled_from(PARTS) | st.text(max_size=2), max_size=6).map("".join),
    st.sampled_from(MEANINGS),
)
@example("\ud800@example.org", "email")
@example("=" * 44, "identifier")
@example("A" * 44, "identifier")
@example("\u0661" * 64, "identifier")
def test_a_verdict_is_sixteen_bytes_or_a_known_reason(text, meaning):
    for country in (None, "DE", "XX"):
        verdict = read_cell(text, meaning, country)
        assert len(verdict) == KEY_BYTES if isinstance(verdict, bytes) else verdict in CURES


@pytest.mark.parametrize("around", ["{} ", "'{}", '="{}"', '"{}"', "<{}>", "\u201c{}\u201d"])
def test_what_is_around_a_contact_is_taken_off_once_for_all(around):
    for text in (ADA, PHONE, sha256(b"x").hexdigest()):
        assert unwrap(around.format(text)) == unwrap(text) == text
