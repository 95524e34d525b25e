"""What runs, held in memory: it is read anew when it changed, and not when it did not."""

import pytest
from pyroaring import BitMap

from solely.advertising.reach import Part, Reach, Running
from solely.app.decisions import open_decisions
from solely.store import campaigns as store

pytestmark = pytest.mark.server


def running(include, exclude=(), **how):
    parts = [tuple(Part("a", None, BitMap(one)) for one in side) for side in (include, exclude)]
    return Running(None, frozenset(), *parts, frozenset(), **how)


def test_a_person_is_reached_through_each_of_their_givings_and_not_where_one_excludes_them():
    one = running([[1, 2, 9], [2, 3]], [[4]])
    assert [found for _, found in one.through([1, 2, 5])] == [[1, 2], [2]]
    assert one.through([1, 4]) == []
    assert one.through([]) == one.through([7]) == []


@pytest.mark.parametrize(
    ("how", "gone", "anew"),
    [
        ({"ready": True, "spare": 2}, [1, 2, 77], False),
        ({"ready": True, "spare": 1}, [1, 2], True),
        ({"ready": True, "spare": 0}, [4], False),  # who is excluded no more makes it larger
        ({"ready": False}, [4], True),
        ({"ready": False}, [77], False),
    ],
)
def test_so_many_may_leave_before_a_size_is_looked_at_anew(how, gone, anew):
    assert running([[1, 2, 3]], [[4]], **how).lost(BitMap(gone)) is anew


def test_nothing_is_read_again_that_did_not_change(delivery, monkeypatch):
    stage = delivery.stage
    audience, subjects = stage.audience(150)
    delivery.campaign(audience)
    fresh = open_decisions(stage.solely.parts)
    fresh.decide(delivery.handle(subjects[0]))
    read = []
    monkeypatch.setattr(store, "evidence", lambda *_: read.append("evidence"))
    monkeypatch.setattr(Reach, "_load", lambda *_: read.append("load"))
    for subject in subjects[:5]:
        assert fresh.decide(delivery.handle(subject)).reached
    assert read == []


def test_a_new_upload_alone_is_read_anew(delivery, monkeypatch):
    stage = delivery.stage
    audience, subjects = stage.audience(150)
    delivery.campaign(audience)
    fresh = open_decisions(stage.solely.parts)
    fresh.decide(delivery.handle(subjects[0]))
    read, kept = [], store.evidence
    monkeypatch.setattr(store, "evidence", lambda *which: read.append(which[-1]) or kept(*which))
    stage.match([stage.address()], audience)
    assert fresh.decide(delivery.handle(subjects[0])).reached
    assert len(read) == 1


def test_two_processes_see_each_others_changes(delivery):
    stage = delivery.stage
    audience, subjects = stage.audience(150)
    other = open_decisions(stage.solely.parts)
    handle = delivery.handle(subjects[0])
    assert other.decide(handle).reached == ()
    campaign = delivery.campaign(audience)
    assert [one.campaign for one in other.decide(handle).reached] == [campaign]
    delivery.campaigns.pause("acme", campaign)
    assert other.decide(handle).reached == ()
