"""An entry has one byte form, holds no contact, and reads only as it was written."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import BadInput, Tampered
from solely.ledger.entry import ENTRY_TYPES, MAX_BYTES, Draft, Entry, decode, encode
from solely.ledger.members import Members

FIELDS = {"type": "use", "principal": "advertiser acme", "policy": "ab" * 32, "software": "0.1.0"}
TIME = datetime(2024, 5, 31, 12, tzinfo=UTC)

plain = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="@+"), min_size=1, max_size=40)
entries = st.builds(
    Entry,
    sequence=st.integers(0, 2**53 - 1),
    time=st.datetimes(timezones=st.just(UTC)),
    type=st.sampled_from(ENTRY_TYPES),
    principal=plain,
    policy=plain,
    software=plain,
    purpose=st.none() | plain,
    subject=st.none() | st.uuids(),
    members=st.none() | st.builds(Members, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32)),
    details=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True), plain | st.integers(1 - 2**53, 2**53 - 1), max_size=4
    ),
)


def entry(**changed):
    return Entry(**{"sequence": 0, "time": TIME, **FIELDS, **changed})


@given(entries)
def test_an_entry_comes_back_from_its_bytes(one):
    assert decode(encode(one)) == one


@given(entries)
def test_the_bytes_are_canonical_json_by_rfc_8785(one):
    body = encode(one)
    assert rfc8785.dumps(json.loads(body)) == body


def test_the_bytes_of_an_entry_stay_what_they_are():
    """Stored ledgers depend on it."""
    one = entry(
        sequence=7,
        purpose="tailored-audiences",
        subject=UUID(int=1),
        members=Members(2, bytes(32)),
        details={"audience": "Grüße", "rows": 3},
    )
    assert encode(one).decode() == (
        '{"details":{"audience":"Grüße","rows":3},"members":{"count":2,"root":"' + "00" * 32 + '"},'
        '"policy":"' + "ab" * 32 + '","principal":"advertiser acme","purpose":"tailored-audiences","sequence":7,'
        '"software":"0.1.0","subject":"00000000-0000-0000-0000-000000000001","time":"2024-05-31T12:00:00.000000Z",'
        '"type":"use"}'
    )


@given(entries, st.data())
def test_every_flipped_bit_is_tampered_or_another_entry(one, data):
    body = encode(one)
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    flipped = (int.from_bytes(body, "big") ^ 1 << bit).to_bytes(len(body), "big")
    try:
        other = decode(flipped)
    except Tampered:
        return
    assert other != one
    assert encode(other) == flipped


@given(
    st.binary(max_size=80)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_reading_anything_raises_tampered_and_nothing_else(data):
    with pytest.raises(Tampered):
        decode(data)


json_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.just({})


@given(st.sampled_from(["sequence", "time", "details", "members", "subject", "purpose", "type", "policy"]), json_values)
def test_reading_any_value_in_a_field_raises_tampered_and_nothing_else(field, value):
    body = json.dumps({**json.loads(encode(entry())), field: value}, sort_keys=True, separators=(",", ":"))
    with contextlib.suppress(Tampered):
        assert encode(decode(body.encode())).decode() == body


GOOD = encode(entry(purpose="p", details={"a": 1})).decode()


@pytest.mark.parametrize(
    "body",
    [
        GOOD + " ",
        GOOD + "\n",
        GOOD.replace(":", ": ", 1),
        GOOD.replace('"a":1', '"a":1.0'),
        GOOD.replace('"a":1', '"a":true'),
        GOOD.replace('"a":1', '"a":1,"a":1'),
        GOOD.replace('"a":1', '"a":9007199254740992'),
        GOOD.replace('{"a":1}', "{}"),
        GOOD.replace('"purpose":"p"', '"purpose":null'),
        GOOD.replace('"purpose":"p"', '"purpose":"\\u0070"'),
        GOOD.replace(".000000Z", "Z"),
        GOOD.replace(".000000Z", ".000000+00:00"),
        GOOD.replace("12:00:00.000000Z", "14:00:00.000000+02:00"),
        GOOD.replace(".000000Z", ".000000"),
        GOOD.replace('"type":"use"', '"type":"other"'),
        GOOD.replace('"type":"use"', '"type":"use","zzz":1'),
        "[" * 60_000,
    ],
)
def test_another_spelling_of_an_entry_is_tampered(body):
    with pytest.raises(Tampered):
        decode(body.encode())


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "other"},
        {"principal": ""},
        {"principal": "x" * 257},
        {"principal": "a\nb"},
        {"principal": "\ud800"},
        {"principal": None},
        {"principal": "bob@example.com"},
        {"details": {"note": "call +4915112345678"}},
        {"details": {"bob@example.com": 1}},
        {"details": {"Note": 1}},
        {"details": {"a": 2**53}},
        {"details": {"a": 1.5}},
        {"details": {"a": True}},
        {"details": {"a": None}},
        {"sequence": -1},
        {"sequence": 2**53},
        {"time": TIME.replace(tzinfo=None)},
        {"time": TIME.astimezone(timezone(timedelta(hours=2)))},
    ],
)
def test_what_can_not_be_in_an_entry_is_bad_input_and_not_shown(changed):
    with pytest.raises(BadInput) as caught:
        entry(**changed)
    assert "bob" not in str(caught.value)
    assert "4915" not in str(caught.value)


def test_an_entry_stays_under_65_535_bytes():
    details = {f"d{number}": "x" * 256 for number in range(260)}
    with pytest.raises(BadInput):
        encode(entry(details=details))
    assert len(encode(entry(details=dict(list(details.items())[:240])))) <= MAX_BYTES < 65_535


def test_a_draft_keeps_the_details_it_was_given():
    details = {"a": 1}
    draft = Draft(**FIELDS, details=details)
    details["a"] = 2
    assert dict(draft.details) == {"a": 1}
    with pytest.raises(TypeError):
        draft.details["a"] = 2
