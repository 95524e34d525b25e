"""The appender gives each entry its place, its time and its MAC, and goes on only from what is whole."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solely.errors import Tampered
from solely.keys import new_keyring
from solely.ledger.entry import Draft, Entry, decode, encode
from solely.ledger.log import Head, append, append_all, check_mac, head_after, mac_of
from solely.ledger.tree import EMPTY_ROOT, leaf_hash, root_of

MAC = new_keyring("ledger", [], os.urandom).ledger().mac
NOW = datetime(2024, 5, 31, 12, tzinfo=UTC)
DRAFT = Draft(type="giving", principal="desk", policy="ab" * 32, software="0.1.0", purpose="two-factor")
drafts = st.sampled_from([DRAFT, replace(DRAFT, type="withdrawal"), replace(DRAFT, details={"rows": 3})])
batches = st.lists(st.tuples(st.lists(drafts, max_size=5), st.integers(-100, 100)), max_size=8)


def written(steps):
    head, records = Head(), []
    for batch, seconds in steps:
        head, more = append_all(head, batch, NOW + timedelta(seconds=seconds), MAC)
        records += more
    return head, records


@given(batches)
def test_sequences_have_no_gap_time_never_goes_back_and_the_root_is_that_of_the_bodies(steps):
    head, records = written(steps)
    read = [decode(record.body) for record in records]
    assert [entry.sequence for entry in read] == [record.sequence for record in records] == list(range(head.size))
    assert [entry.time for entry in read] == sorted(entry.time for entry in read)
    assert head.frontier.root() == root_of([leaf_hash(record.body) for record in records])
    assert [replace_place(entry) for entry in read] == [draft for batch, _ in steps for draft in batch]


def replace_place(entry):
    """The draft an entry was made of."""
    return Draft(**{name: getattr(entry, name) for name in Draft.__dataclass_fields__})


@given(batches)
def test_what_was_stored_leads_to_the_same_head(steps):
    head, records = written(steps)
    again = Head()
    for record in records:
        again = head_after(again, record, MAC)
    assert again == head


def test_one_entry_is_a_batch_of_one_and_no_entry_changes_nothing():
    head, record = append(Head(), DRAFT, NOW, MAC)
    assert (head, (record,)) == append_all(Head(), [DRAFT], NOW, MAC)
    assert append_all(head, [], NOW + timedelta(days=1), MAC) == (head, ())
    assert Head().frontier.root() == EMPTY_ROOT


@pytest.mark.parametrize(
    "changed",
    [
        lambda one, _: replace(one, body=one.body.replace(b"giving", b"policy")),
        lambda one, _: replace(one, mac=bytes(32)),
        lambda one, _: replace(one, mac=b""),
        lambda one, other: replace(one, mac=other.mac),
        lambda one, other: replace(one, body=other.body),
        lambda one, _: replace(one, sequence=one.sequence + 1),
    ],
)
def test_an_entry_the_appender_did_not_write_is_found_by_its_mac(changed):
    _, (one, other) = append_all(Head(), [DRAFT, DRAFT], NOW, MAC)
    check_mac(one, MAC)
    for check in (check_mac, lambda record, mac: head_after(Head(), record, mac)):
        with pytest.raises(Tampered):
            check(changed(one, other), MAC)


def test_a_genuine_entry_in_the_wrong_place_is_found():
    head, (first, second) = append_all(Head(), [DRAFT, DRAFT], NOW, MAC)
    for start, record in ((Head(), second), (head, first), (head, second)):
        with pytest.raises(Tampered, match=f"entry {start.size}"):
            head_after(start, record, MAC)


def test_a_row_in_another_s_place_is_found_even_with_a_mac_for_it():
    _, record = append(Head(), DRAFT, NOW, MAC)
    with pytest.raises(Tampered, match="out of its place"):
        head_after(Head(), replace(record, sequence=1, mac=mac_of(1, leaf_hash(record.body), MAC)), MAC)


def test_a_genuine_entry_whose_time_goes_backwards_is_found():
    head, _ = append(Head(), DRAFT, NOW, MAC)
    body = encode(Entry.at(1, NOW - timedelta(microseconds=1), DRAFT))
    _, record = append(head, DRAFT, NOW, MAC)
    with pytest.raises(Tampered, match="backwards"):
        head_after(head, replace(record, body=body, mac=mac_of(1, leaf_hash(body), MAC)), MAC)
