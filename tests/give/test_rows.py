"""A row is taken or refused by itself, with a reason of the list, and what is taken fits the database's columns."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import solely
from givings import ADS, SECURITY, intakes, notice, row
from solely.consent import COLUMNS, CURES
from solely.give.rows import Batch, Rules, prepare
from solely.purpose import read_policy
from solely.store import desk

POLICY = read_policy(Path(solely.__file__).with_name("policy.toml").read_bytes())
INTAKES, _ = intakes(POLICY)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
NOTICES = {one.name: one for one in (notice(ADS), notice(SECURITY), notice(ADS, "v2", "Other words."))}
RULES = Rules(POLICY, NOTICES, frozenset({f"{ADS}/v2"}), COLUMNS, NOW)


def cells(**changed):
    given = row("u1") | changed
    return [given[column] for column in COLUMNS]


def prepared(*rows, rules=RULES):
    """The outcome for rows of cells, each subject known by a pseudonym of its own in every compartment."""
    asked = {}
    for number, one in enumerate(rows):
        for compartment in INTAKES:
            if len(one) == len(COLUMNS):
                asked[one[0].strip(), compartment] = number.to_bytes(16, "big")
    return prepare(Batch(list(enumerate(rows, 1)), asked), rules, INTAKES)


def test_rows_become_a_sheet_for_each_purpose_and_refused_ones_keep_their_number():
    done = prepared(
        cells(),
        cells(kind="fax"),
        cells(subject="u2", purpose=SECURITY, notice=f"{SECURITY}/v1"),
        cells(subject="u3", value="+4915112345678", kind="phone"),
        ["too", "few"],
    )
    assert (done.rows, done.refused) == (5, [(2, "unknown-kind"), (5, "ragged-row")])
    assert [(sheet.purpose, sheet.rows) for sheet in done.sheets] == [(ADS, 2), (SECURITY, 1)]
    assert subjects(done) == ["u1", "u2", "u3"]
    assert done.reasons() == {"unknown-kind": 1, "ragged-row": 1}


def fields(lines):
    """How many fields the one line has."""
    (line,) = lines
    return line.count("\t") + 1


def subjects(done):
    """Whose givings were taken, unescaped."""
    lines = [line for sheet in done.sheets for line in sheet.registry]
    return sorted(line.split("\t")[0].replace("\\\\", "\\") for line in lines)


REFUSED = {
    "ragged-row": [["u1"], [*cells(), "more"], []],
    "not-text": [
        cells(value="ada\0@example.com"),
        cells(subject="u\x001"),
        cells(subject="u\u202e1"),
        cells(value="ada\ufffd@example.com"),
        cells(value="ada@example.com\n"),
        cells(notice="a\x1bb"),
        cells(value="ada\ud800@example.com"),
        cells(value="a\u2028b@example.com"),
    ],
    "notice-changed": [cells(notice=f"{ADS}/v2")],
    "unknown-notice": [cells(notice=f"{ADS}/v9"), cells(notice=""), cells(notice="v1")],
    "notice-of-another-purpose": [cells(notice=f"{SECURITY}/v1")],
    "no-subject": [cells(subject=""), cells(subject="  ")],
    "subject-too-long": [cells(subject="u" * 129)],
    "unknown-purpose": [cells(purpose="two factor"), cells(purpose="")],
    "unknown-kind": [cells(kind="Email"), cells(kind="")],
    "bad-time": [cells(given_at="yesterday"), cells(given_at=""), cells(withdrawn_at="x")],
    "given-in-the-future": [cells(given_at="2025-01-01T00:00:01Z")],
    "withdrawn-in-the-future": [cells(withdrawn_at="2025-01-01T00:00:01Z")],
    "withdrawn-before-given": [cells(withdrawn_at="2024-05-31T11:59:59Z")],
    "not-an-email": [cells(value="ada")],
    "not-a-phone": [cells(kind="phone", value="+0")],
    "phone-without-country": [cells(kind="phone", value="0151 12345678")],
    "empty": [cells(value=" ")],
    "too-long": [cells(value="a" * 60_000 + "@example.com")],
}


@pytest.mark.parametrize(("reason", "one"), [(reason, one) for reason, ones in REFUSED.items() for one in ones])
def test_each_reason_refuses_its_row_and_no_other(reason, one):
    done = prepared(cells(subject="before"), one, cells(subject="after"))
    assert done.refused == [(2, reason)]
    assert subjects(done) == ["after", "before"]


def test_every_reason_there_is_refuses_something_here():
    assert set(CURES) - set(REFUSED) == {
        "kind-not-for-purpose",
        "objected",
    }  # by policy, and by the person: see test_choosing.py


def test_a_purpose_for_one_kind_refuses_the_other():
    text = (Path(solely.__file__).with_name("policy.toml")).read_bytes()
    narrow = re.sub(rb'(\[purpose.two-factor\]\ncompartment = "security"\nkinds = )[^\n]+', rb'\1["phone"]', text)
    rules = Rules(read_policy(narrow), NOTICES, frozenset(), COLUMNS, NOW)
    done = prepared(cells(purpose=SECURITY, notice=f"{SECURITY}/v1"), rules=rules)
    assert done.refused == [(1, "kind-not-for-purpose")]


def test_columns_may_stand_in_any_order_with_a_country_for_national_numbers():
    columns = ("country", *reversed(COLUMNS))
    one = dict(zip(COLUMNS, cells(kind="phone", value="0151 12345678"), strict=True)) | {"country": " de "}
    batch = Batch([(1, [one[column] for column in columns])], {("u1", "advertising"): bytes(16)})
    assert prepare(batch, RULES.with_columns(columns), INTAKES).refused == []


@pytest.mark.parametrize("value", ["\u00a0ada@example.com ", "ADA@example.com"])
def test_what_a_person_may_type_around_a_contact_is_no_reason_to_refuse(value):
    plain, typed = (prepared(cells(value=one)).sheets[0] for one in ("ada@example.com", value))
    assert plain.givings == typed.givings


@pytest.mark.parametrize("value", ["+49 151 123 456 78", "+49\u00a0151\u00a012345678", "0049 (151) 12345678"])
def test_a_phone_is_one_however_it_is_spaced(value):
    plain, typed = (prepared(cells(kind="phone", value=one)) for one in ("+4915112345678", value))
    assert typed.refused == []
    assert plain.sheets[0].givings == typed.sheets[0].givings


@pytest.mark.parametrize("purpose", [ADS, SECURITY])
@pytest.mark.parametrize("subject", ["u1", r"back\slash", r"\N", r"\\.", "quote\"s'", "ünï 数", "{a,b}", "a" * 128])
def test_a_line_has_a_field_for_each_column_whatever_the_subject(purpose, subject):
    done = prepared(cells(subject=subject, purpose=purpose, notice=f"{purpose}/v1", withdrawn_at="2024-06-01"))
    (sheet,) = done.sheets
    assert subjects(done) == [subject]
    assert fields(sheet.registry) == len(desk.GIVINGS.split(", ")) - 1
    assert fields(sheet.held) == len((desk.CONTACTS if purpose == SECURITY else desk.TOKENS).split(", "))
    assert fields(sheet.wrapped) == (len(desk.WRAPPED_KEYS.split(", ")) if purpose == SECURITY else 1)
    (end,) = sheet.ending.values()
    assert (end.subject, end.ended_at) == (subject, "2024-06-01T00:00:00+00:00")


def test_no_line_holds_the_contact_in_the_clear():
    address, number = "someone.rare@example.com", "+4915112345678"
    for purpose in (ADS, SECURITY):
        done = prepared(
            cells(value=address, purpose=purpose, notice=f"{purpose}/v1"),
            cells(value=number, kind="phone", purpose=purpose, notice=f"{purpose}/v1"),
        )
        words = "".join(map(str, done.sheets))
        for trace in (address, "someone", number, "15112345678", address.encode().hex(), number.encode().hex()):
            assert trace not in words


@given(st.lists(st.lists(st.text(max_size=40), max_size=9), max_size=5))
def test_any_cells_are_taken_or_refused_with_a_reason_of_the_list(rows):
    done = prepared(*rows)
    assert done.rows == len(rows)
    assert sum(sheet.rows for sheet in done.sheets) + len(done.refused) == len(rows)
    assert {reason for _, reason in done.refused} <= set(CURES)


@given(st.sampled_from(COLUMNS), st.text(max_size=60))
def test_any_text_in_one_cell_is_taken_or_refused_with_a_reason_of_the_list(column, text):
    done = prepared(cells(**{column: text}))
    assert {reason for _, reason in done.refused} <= set(CURES)
    for sheet in done.sheets:
        words = "".join((*sheet.registry, *sheet.held, *sheet.wrapped, *sheet.keys, *sheet.persons))
        assert not set("\n\r\0") & set(words)


def test_of_rows_for_one_giving_the_first_is_taken_and_the_first_end():
    """Whoever prepares them: the database is asked about each giving once."""
    ends = ("", "2024-06-02", "2024-06-01", "")
    (sheet,) = prepared(*(cells(withdrawn_at=end) for end in ends), cells(subject="u2")).sheets
    assert (sheet.rows, len(sheet.givings), len(sheet.ending)) == (5, 2, 1)
    assert next(iter(sheet.ending.values())).ended_at == "2024-06-02T00:00:00+00:00"


def test_givings_stand_in_the_order_of_their_ids_and_not_of_the_file():
    (sheet,) = prepared(*(cells(subject=f"u{number}") for number in range(30))).sheets
    assert list(sheet.givings) == sorted(sheet.givings)
    columns = zip(sheet.givings, sheet.registry, sheet.held, strict=True)
    assert all(giving in registry and giving in held for giving, registry, held in columns)
