"""The values of the calls cross a link unchanged; what is none of them is not read."""

from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from solely.errors import Unavailable
from solely.give.intake import Taken
from solely.ledger.entry import Entry
from solely.ledger.members import Members
from solely.links.records import dump, load
from solely.store.entries import Committed
from solely.store.evidence import Known, Person
from solely.store.ledger import Concern, Words
from solely.store.service import Held

NOW = datetime(2030, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
ENTRY = Entry(
    sequence=7, time=NOW, type="use", principal="advertiser acme", policy="00", software="1", purpose="some",
    members=Members(3, bytes(32)), details=MappingProxyType({"rows": 3}),
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -1, 2**63, "text", b"bytes", NOW, uuid4(), {}, {"a": [1, b"2"]}, {uuid4(): [["a", 1]]}, {3: []}),
        *(ENTRY, Concern("partner", "bay"), Known(1, uuid4(), 2), Person(1, 2, uuid4())),
        *(Committed(b"s" * 32, (b"a", b"b")), Committed(b"s" * 32, ()), Held(uuid4(), uuid4(), "email", stands=True)),
        *(Taken(uuid4(), 1, b"held", None), Taken(uuid4(), 1, b"held", b"wrapped"), BitMap([1, 5, 2**32 - 1])),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_value_is_what_it_was(value):
    assert load(dump([value])) == [value]
    assert type(load(dump([value]))[0]) is type(value)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([], np.uint64),
        np.array([1, 2, 2**32 - 1], np.uint64),
        np.array([1, 2, 2**40], np.uint64),
        np.array([3, 1, 2], np.uint64),
        np.array([2, 2], np.uint64),
        np.frombuffer(uuid4().bytes * 3, np.uint8).reshape(3, 16),
        np.array([1, 2], np.uint32),
    ],
    ids=lambda one: f"{one.dtype}{one.shape}",
)
def test_a_column_is_what_it_was(ids):
    again = load(dump(ids))
    assert (again.dtype, again.shape) == (ids.dtype, ids.shape)
    assert np.array_equal(again, ids)


def test_the_members_of_a_large_entry_take_little_room():
    assert len(dump(np.arange(1, 10_000_001, dtype=np.uint64))) < 2_000_000


def test_words_are_what_they_were():
    ids = np.array([1, 2, 3], np.uint64)
    concerns = frozenset({Concern("advertiser", "acme"), Concern("audience", "acme/summer")})
    words = Words(
        "use", "advertiser acme", "some", ids, MappingProxyType({"rows": 1, "of": "x"}), keep=True, concerns=concerns
    )
    again = load(dump(words))
    assert (again.type, again.principal, again.purpose, again.keep) == ("use", "advertiser acme", "some", True)
    assert (again.details, again.concerns) == (words.details, words.concerns)
    assert np.array_equal(again.ids, ids)
    assert load(dump(Words("policy", "operator"))) == Words("policy", "operator")


@given(st.binary(max_size=64))
def test_whatever_bytes_come_they_are_read_or_unavailable(data):
    with suppress(Unavailable):
        load(data)


@pytest.mark.parametrize(
    "value",
    [
        cbor2.CBORTag(70_102, ["use", "a", None, None, {}, False, ["not a concern"]]),
        cbor2.CBORTag(70_100, ["O", [1], b"12345678"]),
        cbor2.CBORTag(70_104, [b"not an entry"]),
        cbor2.CBORTag(79_999, [1]),
        [[[[[[[[[[[[[[1]]]]]]]]]]]]]],
    ],
)
def test_what_is_none_of_them_is_not_read(value):
    with pytest.raises(Unavailable):
        load(cbor2.dumps(value))


def test_nothing_else_is_sent():
    with pytest.raises(cbor2.CBOREncodeError):
        dump(object())
