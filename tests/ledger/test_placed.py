"""What an entry's place and time are is said alike by the quick way and by `decode`, of whatever bytes."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutations import ODD
from published_logs import NOW, bodies, draft
from solely.errors import BadInput, Tampered
from solely.ledger import placed
from solely.ledger.entry import ENTRY_TYPES, Draft, Entry, encode
from solely.ledger.members import Members
from solely.ledger.placed import read_entry, read_time

PLAIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20)
TEXT = PLAIN | st.text(min_size=1, max_size=256)
NAME = st.from_regex("[a-z][a-z0-9_-]{0,63}", fullmatch=True)
FULL = Draft(
    type="use", principal="advertiser acme", policy="ab" * 32, software="0.1.0", purpose="tailored-audiences",
    subject=UUID(int=7), members=Members(10_000_000, bytes(range(32))),
    details={"audience": "a: b, c", "b-c": 0, "b_c": -5, "rows": 100_000},
)  # fmt: skip
BODY = encode(Entry.at(7, NOW, FULL))
SLOW, DAY = Entry.at(7, NOW, FULL), timedelta(days=1)


def verdict(read, body, sequence):
    try:
        said = read(body, sequence)
    except Tampered as error:
        return str(error)
    return said.time if isinstance(said, Entry) else said


def same(body, sequence=7):
    """What both ways say; an assertion where it differs."""
    quick, slow = verdict(read_time, body, sequence), verdict(read_entry, body, sequence)
    assert quick == slow, body
    return quick


def quick(body, monkeypatch):
    """Whether `read_time` knows these bytes by itself."""
    with monkeypatch.context() as patched:
        patched.setattr(placed, "read_entry", lambda _body, _sequence: replace(SLOW, time=NOW + DAY))
        return read_time(body, 7) < NOW + DAY


@pytest.mark.parametrize("kind", ENTRY_TYPES)
def test_a_plain_entry_of_every_type_is_read_the_quick_way(kind, monkeypatch):
    body = encode(Entry.at(7, NOW, Draft(type=kind, principal="desk", policy="ab" * 32, software="0.1.0")))
    assert same(body) == NOW
    assert quick(body, monkeypatch)
    assert quick(BODY, monkeypatch)


def test_an_entry_that_is_not_plain_is_decoded(monkeypatch):
    body = encode(Entry.at(7, NOW, draft(7, principal='d\u00e9sk "A" + B')))
    assert same(body) == NOW
    assert not quick(body, monkeypatch)


@given(
    st.sampled_from(ENTRY_TYPES),
    st.datetimes(timezones=st.just(UTC)),
    st.tuples(TEXT, TEXT, TEXT, st.none() | TEXT),
    st.none() | st.uuids(),
    st.none() | st.integers(0, 2**60),
    st.dictionaries(NAME, TEXT | st.integers(-(2**53) + 1, 2**53 - 1), max_size=5),
)
def test_every_entry_that_can_be_made_has_its_own_time(kind, time, texts, subject, count, details):
    principal, policy, software, purpose = texts
    members = None if count is None else Members(count, bytes(32))
    try:
        made = Draft(
            type=kind, principal=principal, policy=policy, software=software, purpose=purpose, subject=subject,
            members=members, details=details,
        )  # fmt: skip
        body = encode(Entry.at(7, time, made))
    except BadInput:
        return
    assert same(body) == time
    assert isinstance(same(body, 8), str)


def test_every_changed_byte_of_a_full_entry_is_judged_alike():
    for at in range(len(BODY)):
        for value in range(256):
            same(BODY[:at] + bytes([value]) + BODY[at + 1 :])
        same(BODY[:at])
        same(BODY[:at] + BODY[at + 1 :])
        same(BODY[:at] + BODY[at : at + 1] + BODY[at:])


def test_every_odd_value_in_every_field_is_judged_alike():
    said = json.loads(BODY)
    for name in (*said, "extra", "Z"):
        for value in (*ODD, *said.values(), {"count": 1, "root": "00" * 32}, {"n": "x"}, {"count": -1, "root": ""}):
            for ascii_ in (True, False):
                body = json.dumps(said | {name: value}, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_)
                same(body.encode())


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b'"b-c":0,"b_c":-5', b'"b_c":-5,"b-c":0'),
        (b'"b-c":0,"b_c":-5', b'"b-c":0,"b-c":-5'),
        (b'"b-c":0', b'"b-c":-0'),
        (b'"b-c":0', b'"b-c":00'),
        (b'"b-c":0', b'"b-c":1e3'),
        (b'"b-c":0', b'"b-c":9007199254740992'),
        (b'"b-c":0', b'"b-c":"\\u0041"'),
        (b'"b-c":0', b'"b-c":"' + b"x" * 257 + b'"'),
        (b"2026-01-02", b"2026-02-30"),
        (b"2026-01-02", b"0000-01-02"),
        (b"T00:00:00.000000Z", b"T24:00:00.000000Z"),
        (b"T00:00:00.000000Z", b"T00:00:60.000000Z"),
        (b"T00:00:00.000000Z", b"T00:00:00.000000+00:00"),
        (b'"sequence":7', b'"sequence":07'),
        (b'"sequence":7', b'"sequence":7.0'),
        (b'"sequence":7', b'"sequence":8'),
        (b'"type":"use"', b'"type":"uses"'),
        (b'"rows":100000', b'"rows":100000,' + b",".join(b'"s%d":"%s"' % (n, b"x" * 256) for n in range(100, 350))),
    ],
)
def test_what_only_looks_like_an_entry_is_refused_alike(there, instead):
    assert there in BODY
    assert isinstance(same(BODY.replace(there, instead)), str)


@given(st.binary(max_size=100))
def test_anything_else_is_refused_alike(data):
    assert isinstance(same(data), str)


def test_a_body_without_end_is_refused_in_a_moment():
    """Half a million characters that an expression could cut in many ways."""
    for part in (b'"a":1,', b'"a":"1",', b"a", b'"', b"9"):
        same(b'{"details":{' + part * 65_000)


def test_random_changes_of_several_bytes_are_judged_alike():
    rng = random.Random(1)
    alphabet = b'{}[]",:.-_0123456789abcdefxyzTZ@+ \\\x00\x7f\xc3'
    for _ in range(20_000):
        body = bytearray(BODY)
        for _ in range(rng.randint(1, 3)):
            body[rng.randrange(len(body))] = rng.choice(alphabet)
        same(bytes(body))


def test_the_comparison_would_notice_an_expression_that_lets_something_through(monkeypatch):
    monkeypatch.setattr(placed, "_ascending", lambda _details: True)
    with pytest.raises(AssertionError):
        same(BODY.replace(b'"b-c":0,"b_c":-5', b'"b_c":-5,"b-c":0'))


def test_a_time_is_that_of_its_entry_to_the_microsecond():
    for n, body in enumerate(bodies(20)):
        assert read_time(body, n) == NOW + timedelta(seconds=n)
    late = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert read_time(encode(Entry.at(7, late, FULL)), 7) == late
