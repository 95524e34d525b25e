"""Cells in bulk are read as `solely.contact` reads them one by one, and digests in every way of writing them."""

import base64
import csv
import hashlib

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solely.answer.audit import cells
from solely.answer.audit.dialect import DUCKDB
from solely.answer.audit.duck import add_functions
from solely.answer.audit.judge import Keys
from solely.answer.audit.layout import CONTACTS, Column, Moments
from solely.answer.audit.rules import chosen
from solely.contact import Contact
from solely.errors import ContactError
from world import make_world

ADA = b"ada@example.com"
EVERY = ("sha256", "sha1", "md5", "sha512")


@pytest.fixture(scope="module")
def reader():
    """A function: (kind, cell) pairs -> for each its lane, its spelling or !reason, and its keys by SHA-256."""
    with duckdb.connect() as connection:
        add_functions(connection)
        yield lambda pairs: read(connection, pairs)


def read(connection, pairs):
    names = ("subject", "kind", "value", "given_for", "given_at", "withdrawn_at")
    columns = CONTACTS.select({name: Column(name) for name in names}, DUCKDB, Moments())
    connection.execute("CREATE OR REPLACE TABLE source (subject VARCHAR, kind VARCHAR, value VARCHAR)")
    connection.executemany("INSERT INTO source VALUES (?, ?, ?)", [[str(n), *one] for n, one in enumerate(pairs)])
    source = "(SELECT *, '' AS given_for, '2020-01-01T00:00:00Z' AS given_at, '' AS withdrawn_at FROM source)"

    def keep(name, sql):
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")

    keep("contacts_loaded", cells.loaded(CONTACTS, columns, source, DUCKDB))
    keep("domains", cells.domains(("contacts",)))
    keep("contacts_slow", cells.slow("contacts"))
    keep(
        "contact_points",
        f"SELECT * FROM (SELECT *, who AS subject, 0 AS why FROM ({cells.read('contacts', 'who, given')}))",
    )
    keys = Keys(chosen(()), DUCKDB)._made("contact_points", "subject", ["sha256"])
    lanes = dict(connection.execute("SELECT who, lane FROM contacts_loaded").fetchall())
    texts = dict(connection.execute("SELECT who, text FROM contact_points").fetchall())
    met = dict(connection.execute(f"SELECT subject, list(key) FROM ({keys}) GROUP BY 1").fetchall())
    return [(lanes[str(n)], texts.get(str(n)), {one.bytes for one in met.get(str(n), [])}) for n in range(len(pairs))]


def compare(reader, pairs):
    """Every cell as `solely.contact` reads it: the same spelling, the same digests, refused where it refuses."""
    found = reader(pairs)
    for (kind, cell), (lane, text, keys) in zip(pairs, found, strict=True):
        if lane in EVERY or lane == "!unknown-hash":
            continue
        try:
            contact = Contact.read(kind, cell)
        except ContactError:
            assert text is None, lane
            continue
        assert text == contact.expose()
        assert keys >= {digest[:16] for digest in contact.digests()}
    return found


LOCAL = st.text("aB9.+_-é'\u212aİ \t", min_size=1, max_size=8)
DOMAIN = st.sampled_from(
    ["gmail.com", "GMAIL.com", "googlemail.com", "example.com", "bücher.example.org", "xn--bcher-kva.de", "localhost",
     "a-.com", "ex_ample.com", "uol.com.br", "1.2.3.4", "test", "", "a..com", "EXAMPLE.COM.", "b\u00fccher.de"]
)  # fmt: skip
EMAIL = st.tuples(LOCAL, DOMAIN).map("@".join) | st.emails() | st.text(max_size=12)
PHONE = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "+", "00", "+ ", "(+", "\t+"]),
    st.sampled_from(["1", "49", "44", "55", "54", "39", "7", "800", "999", "0", "52", "81", "491"]),
    st.sampled_from(["", "0", "9", "(0)", "-", " ", "15", "1"]),
    st.text("0123456789 -./٣", min_size=3, max_size=14),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.just("email"), EMAIL) | st.tuples(st.just("phone"), PHONE), min_size=1, max_size=40))
def test_what_sql_reads_is_what_the_reader_of_contacts_reads(reader, pairs):
    compare(reader, [(kind, cell.replace("\0", "").strip(" ")) for kind, cell in pairs])


def test_a_world_is_read_alike_and_most_of_it_without_python(reader, tmp_path):
    make_world(tmp_path, 1_000, 7)
    rows = list(csv.DictReader((tmp_path / "given.csv").read_text().splitlines()))
    found = compare(reader, [(row["kind"], row["value"].strip(" ")) for row in rows])
    assert sum(lane == "slow" for lane, _, _ in found) <= len(found) / 10


def test_numbers_of_every_country_are_read_alike(reader):
    import phonenumbers  # noqa: PLC0415

    numbers = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                numbers += [text, text + "0", text[:4] + "0" + text[4:], text[:-1]]
    found = compare(reader, [("phone", number) for number in numbers])
    assert sum(lane == "phone" for lane, _, _ in found) > len(found) / 3


@pytest.mark.parametrize("name", EVERY)
def test_a_digest_is_itself_in_every_way_of_writing_it(name, reader):
    digest = hashlib.new(name, ADA).digest()
    written = [
        digest.hex(),
        digest.hex().upper(),
        base64.b64encode(digest).decode(),
        base64.urlsafe_b64encode(digest).decode(),
    ]
    if name == "sha256":
        written.append(written[2].rstrip("="))
    for lane, _, _ in reader([("", one) for one in written]):
        assert lane == name


@pytest.mark.parametrize(
    ("kind", "cell", "lane"),
    [
        ("", hashlib.sha256(b"").hexdigest(), "!hash-of-nothing"),
        ("", base64.b64encode(hashlib.md5(b"").digest()).decode(), "!hash-of-nothing"),
        ("", "ab" * 28, "!unknown-hash"),
        ("fax", "ada@example.com", "!unknown-kind"),
        ("email", f"{'ab' * 32}\n", "slow"),
        ("email", "ada@example.com\n", "slow"),
        ("phone", "+4915112345678", "phone"),
        ("", "+49 (151) 123-456-78", "phone"),
        ("email", "+x@gmail.com", "slow"),
    ],
)
def test_a_cell_is_told_apart(kind, cell, lane, reader):
    assert reader([(kind, cell)])[0][0] == lane


def test_the_reader_of_domains_takes_what_stands_for_itself_alone():
    assert [cells.read_domain(one) for one in ("example.com", "localhost", "xn--bcher-kva.de", "bücher.de")] == [
        "example.com", "!", "?", "?",
    ]  # fmt: skip


def test_an_address_that_begins_with_any_sign_is_no_reason(reader):
    cells_ = [f"{sign}@example.com" for sign in "!#$%&'*+/=?^_`{|}~-"]
    assert [text for _, text, _ in compare(reader, [("email", one) for one in cells_])] == cells_


def test_the_slow_reader_gives_an_international_domain_in_both_spellings():
    assert cells.read_slowly("email", "Ada@BÜCHER.de") == "ada@xn--bcher-kva.de\tada@bücher.de"
    assert cells.read_slowly("phone", "12") == " not-a-phone"
