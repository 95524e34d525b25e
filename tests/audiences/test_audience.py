"""Audiences: who is left when something ended, and the little that is said of how many."""

from array import array
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from solely.audiences.audience import effective, standing, status_of, surely
from solely.store.advertising import Upload

KEY = bytes(range(32))
FLOOR = 1_000
SETS = st.dictionaries(st.integers(1, 60), st.integers(1, 20), max_size=40)  # giving -> member


def upload(reached):
    givings = sorted(reached)
    members = [reached[giving] for giving in givings]
    return Upload(uuid4(), np.array(givings, np.uint32), np.array(members, np.uint32))


@given(uploads=st.lists(SETS, max_size=4), ended=st.sets(st.integers(1, 60)))
def test_an_audience_is_whom_any_upload_reaches_through_a_giving_that_stands(uploads, ended):
    truth = {member for one in uploads for giving, member in one.items() if giving not in ended}
    assert set(effective(map(upload, uploads), BitMap(ended))) == truth


@given(uploads=st.lists(SETS, max_size=4), enough=st.integers(1, 20))
def test_no_more_uploads_are_read_than_it_takes_to_find_enough(uploads, enough):
    left = iter(map(upload, uploads))
    found = effective(left, BitMap(), enough)
    unread = len(list(left))
    assert set(found) == {member for one in uploads[: len(uploads) - unread] for member in one.values()}
    if unread:
        before = {member for one in uploads[: len(uploads) - unread - 1] for member in one.values()}
        assert len(before) < enough <= len(found)


@given(reached=SETS, ended=st.sets(st.integers(1, 60)))
def test_what_ended_is_left_out_and_the_rest_keeps_its_order(reached, ended):
    one = upload(reached)
    givings, members = standing(one.givings, one.members, BitMap(ended))
    assert givings.tolist() == sorted(set(reached) - ended)
    assert members.tolist() == [reached[giving] for giving in givings.tolist()]


def statuses(members, advertisers, key=KEY, floor=FLOOR):
    return [status_of(members, f"advertiser {n}", floor, key) for n in range(advertisers)]


def test_under_the_floor_no_audience_is_ever_ready():
    for size in (0, 1, FLOOR // 2, FLOOR - 2, FLOOR - 1):
        assert set(statuses(BitMap(range(size)), 500)) == {"too-small"}


def test_far_over_the_floor_every_audience_is_ready():
    assert set(statuses(BitMap(range(FLOOR + 300)), 500)) == {"ready"}


def test_what_is_surely_enough_is_enough_at_the_rarest_draw_and_one_less_is_not(monkeypatch):
    monkeypatch.setattr("hmac.digest", lambda *_: bytes(32))
    enough = surely(FLOOR)
    assert [status_of(BitMap(range(size)), "acme", FLOOR, KEY) for size in (enough - 1, enough)] == [
        "too-small",
        "ready",
    ]


@pytest.mark.parametrize(("over", "share"), [(0, 0.095), (9, 0.632), (20, 0.878), (40, 0.983)])
def test_a_little_over_the_floor_chance_decides(over, share):
    ready = statuses(BitMap(range(FLOOR + over)), 4_000).count("ready") / 4_000
    assert abs(ready - share) < 0.03


def test_the_same_members_give_the_same_answer_however_they_came_together():
    """An answer drawn anew for another form of the same set could be averaged away."""
    members = range(1, FLOOR + 10)
    forms = [
        BitMap(members),
        BitMap(array("I", members)),
        BitMap(members[::2]) | BitMap(members[1::2]),
        BitMap(range(1, 200_000)) & BitMap(members),
        BitMap(range(1, 3 * FLOOR)) - BitMap(range(FLOOR + 10, 3 * FLOOR)),
        BitMap(list(reversed(members))),
    ]
    one_by_one = BitMap()
    for member in members:
        one_by_one.add(member)
    forms.append(one_by_one)
    assert len({form.serialize() for form in forms}) > 1  # else this would show nothing
    assert len({tuple(statuses(form, 200)) for form in forms}) == 1


def test_another_advertiser_another_set_and_another_key_draw_anew():
    members = BitMap(range(1, FLOOR + 8))
    base = statuses(members, 200)
    assert len(set(base)) == 2
    assert statuses(BitMap(range(2, FLOOR + 9)), 200) != base
    assert statuses(members, 200, key=bytes(32)) != base


def test_the_floor_is_the_policys():
    members = BitMap(range(150))
    assert set(statuses(members, 50, floor=1)) == {"ready"}
    assert set(statuses(members, 50, floor=151)) == {"too-small"}
